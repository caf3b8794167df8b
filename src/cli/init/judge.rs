//! What the rules of `netgen check` say of a draft.

use std::collections::BTreeMap;
use std::io;

use super::draft::Draft;
use crate::cli::world::RealWorld;
use crate::diag::Diagnostic;
use crate::world::World;
use crate::{Input, Options, compile_to_plan};

/// Findings by code.
pub(super) type Counts = BTreeMap<&'static str, usize>;

/// What `netgen check` says of a draft; a host stands in where there is none yet.
pub(super) fn findings(draft: &Draft, path: &str) -> Vec<Diagnostic> {
    let text = if draft.hosts.is_empty() { draft.with_stand_in().text() } else { draft.text() };
    let Ok(text) = text else { return Vec::new() };
    let world = Beside { path, text: &text };
    let options = Options { allow_unlocked: true, ..Options::default() };
    compile_to_plan(&world, &Input::new(path), options).diagnostics
}

pub(super) fn count(findings: &[Diagnostic]) -> Counts {
    let mut counts = Counts::new();
    for finding in findings {
        *counts.entry(finding.rule.code).or_default() += 1;
    }
    counts
}

/// The first finding of a rule that speaks more often than before.
pub(super) fn first_new<'f>(before: &Counts, after: &'f [Diagnostic]) -> Option<&'f Diagnostic> {
    let mut left = before.clone();
    after.iter().find(|finding| match left.get_mut(finding.rule.code) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    })
}

/// The real world with a manifest that is not written yet, and no lock of an older one.
struct Beside<'a> {
    path: &'a str,
    text: &'a str,
}

impl World for Beside<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        if path == self.path {
            return Ok(self.text.as_bytes().to_vec());
        }
        if path.ends_with("netgen.lock") {
            return Err(io::ErrorKind::NotFound.into());
        }
        RealWorld.read(path)
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        RealWorld.list(folder)
    }
}
