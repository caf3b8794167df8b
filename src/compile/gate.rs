//! The last gate: no file of a bundle holds a secret. What passes is kept where the build wants it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::bundle::{BUNDLE_JSON, Bundle, BundlePath, File, Keep, PROVENANCE, SHA256SUMS};
use crate::diag::{Diagnostic, Sink, codes};
use crate::text::{Source, SourceMap, Span, credentials};

/// More are not told: whoever has twenty has one mistake.
const MOST: usize = 20;

/// Looks through every file that comes by.
pub(super) struct Gate<'k> {
    keep: &'k dyn Keep,
    /// What looks like a secret, by the path of its file.
    held: Mutex<BTreeMap<BundlePath, Vec<Held>>>,
}

/// What looks like a secret, in a file.
struct Held {
    what: &'static str,
    value: String,
    /// From 1.
    line: usize,
}

impl Keep for Gate<'_> {
    fn keep(&self, path: &BundlePath, file: File) -> File {
        if self.lets_through(path, &file) { self.keep.keep(path, file) } else { file }
    }
}

impl<'k> Gate<'k> {
    pub(super) fn new(keep: &'k dyn Keep) -> Self {
        Self { keep, held: Mutex::default() }
    }

    /// Whether nothing in a file looks like a secret. A file that is not in memory has been here before.
    pub(super) fn lets_through(&self, path: &BundlePath, file: &File) -> bool {
        let Some(text) = file.in_memory().and_then(|bytes| std::str::from_utf8(bytes).ok()) else {
            return true;
        };
        let held: Vec<Held> = credentials(text)
            .into_iter()
            .map(|found| Held {
                what: found.what,
                value: text.get(found.range.clone()).unwrap_or("").to_owned(),
                line: text.get(..found.range.start).map_or(0, |before| before.matches('\n').count()) + 1,
            })
            .collect();
        if held.is_empty() {
            return true;
        }
        self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(path.clone(), held);
        false
    }

    /// Looks through what a bundle says of itself, which never came by.
    pub(super) fn look_at_own(&self, bundle: &Bundle) {
        [PROVENANCE, BUNDLE_JSON, SHA256SUMS].par_iter().for_each(|name| {
            if let Some(file) = bundle.get(name) {
                self.lets_through(&BundlePath::constant(name), file);
            }
        });
    }

    /// Reports what looked like a secret, at the place of the manifest that it comes from where that can be
    /// found, and by file and line of the bundle.
    pub(super) fn tell(self, sources: &SourceMap, sink: &mut Sink) {
        let held = self.held.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut told = BTreeSet::new();
        for (path, Held { what, value, line }) in
            held.iter().flat_map(|(path, all)| all.iter().map(move |held| (path, held)))
        {
            if told.len() >= MOST || !told.insert(value.as_str()) {
                continue;
            }
            sink.push(
                Diagnostic::new(
                    &codes::SECRET_IN_BUNDLE,
                    place(sources, value),
                    format!("`{path}`, line {line}, would hold {what}"),
                )
                .here("it comes from here")
                .help("change the secret now, define the new one under `secrets:` and refer to it")
                .help("if it is none, say so with a waiver: `waivers: [{ rule: secret-in-bundle, ... }]`"),
            );
        }
        hide(&told, sources, sink);
    }
}

/// Hides every value that was told, wherever it is shown.
fn hide(told: &BTreeSet<&str>, sources: &SourceMap, sink: &mut Sink) {
    if told.is_empty() {
        return;
    }
    // Not only the lines that are pointed at are shown.
    for (id, source) in sources.iter() {
        for found in credentials(source.text()) {
            sink.hide(Span::new(id, found.range.start, found.range.end));
        }
    }
    for value in told {
        hide_all(sources, value, sink);
    }
}

/// Where a value is written first.
fn place(sources: &SourceMap, value: &str) -> Span {
    let first = value.lines().next().unwrap_or("");
    let found =
        |(id, source): (_, &Source)| source.text().find(first).map(|at| Span::new(id, at, at + first.len()));
    sources.iter().find_map(found).unwrap_or(Span::nowhere())
}

fn hide_all(sources: &SourceMap, value: &str, sink: &mut Sink) {
    for line in value.lines().filter(|line| !line.trim().is_empty()) {
        for (id, source) in sources.iter() {
            for (at, text) in source.text().match_indices(line.trim()) {
                sink.hide(Span::new(id, at, at + text.len()));
            }
        }
    }
}
