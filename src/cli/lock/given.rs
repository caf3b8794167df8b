//! Digests that no registry has to be asked for: lists of them, and OCI layouts.

use std::collections::BTreeMap;

use super::super::Failure;
use super::super::args::Lock as Args;
use super::super::exit::Exit;
use crate::lock::{Pin, PinList};
use crate::registry::{Layout, LayoutError};
use crate::topology::ImageRef;

/// What the command line brings along.
pub(super) struct Given {
    pins: BTreeMap<String, String>,
    layouts: Vec<Layout>,
}

impl Given {
    /// Reads every list and every layout.
    pub(super) fn read(args: &Args) -> Result<Self, Failure> {
        let mut pins = BTreeMap::new();
        for path in &args.pins {
            let shown = path.display();
            let text = std::fs::read_to_string(path)
                .map_err(|error| Failure::new(Exit::Io, format!("cannot read `{shown}`: {error}")))?;
            let list = PinList::parse(&text).map_err(|errors| {
                let lines: Vec<String> = errors.iter().map(|error| format!("`{shown}` {error}")).collect();
                Failure::new(Exit::Usage, lines.join("\n"))
            })?;
            pins.extend(list.0);
        }
        let layouts = args.from_layout.iter().map(|folder| {
            Layout::read(folder).map_err(|error| {
                let exit = if matches!(error, LayoutError::Io(..)) { Exit::Io } else { Exit::Usage };
                Failure::new(exit, error.to_string())
            })
        });
        Ok(Self { pins, layouts: layouts.collect::<Result<_, _>>()? })
    }

    /// The pin of a reference. A list goes first; what the old pin knows of the same image stays known.
    pub(super) fn pin(&self, reference: &str, image: &ImageRef, old: Option<&Pin>) -> Option<Pin> {
        let found = self.layouts.iter().find_map(|layout| layout.find(image));
        let Some(digest) = self.pins.get(reference) else {
            return found.map(|found| Pin::new(found.digest.clone(), found.platforms.clone()));
        };
        let platforms =
            found.filter(|found| found.digest == *digest).and_then(|found| found.platforms.clone());
        let mut pin = Pin::new(digest.clone(), platforms);
        if let (None, Some(old)) = (&pin.platforms, old.filter(|old| old.digest == pin.digest)) {
            pin.platforms.clone_from(&old.platforms);
        }
        Some(pin)
    }

    /// What the layouts name their entries, for those who look for one that is not there.
    pub(super) fn names(&self) -> Vec<&str> {
        self.layouts.iter().flat_map(Layout::names).collect()
    }
}
