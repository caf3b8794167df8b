//! The last gate: no file of a bundle holds a secret.

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::bundle::Bundle;
use crate::diag::{Diagnostic, Sink, codes};
use crate::text::{Source, SourceMap, Span, credentials};

/// More are not told: whoever has twenty has one mistake.
const MOST: usize = 20;

/// Reports what looks like a secret, at the place of the manifest that it comes from where that can be
/// found, and by file and line of the bundle.
pub(super) fn scan(bundle: &Bundle, sources: &SourceMap, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    let files: Vec<_> = bundle.files().collect();
    let held = files.par_iter().filter_map(|(path, file)| {
        let text = std::str::from_utf8(&file.bytes).ok()?;
        Some((*path, text, credentials(text))).filter(|(_, _, found)| !found.is_empty())
    });
    for (path, text, all) in held.collect::<Vec<_>>() {
        for found in all {
            let value = text.get(found.range.clone()).unwrap_or("");
            if told.len() >= MOST || !told.insert(value) {
                continue;
            }
            let line = text.get(..found.range.start).map_or(0, |before| before.matches('\n').count()) + 1;
            sink.push(
                Diagnostic::new(
                    &codes::SECRET_IN_BUNDLE,
                    place(sources, value),
                    format!("`{path}`, line {line}, would hold {}", found.what),
                )
                .here("it comes from here")
                .help("change the secret now, define the new one under `secrets:` and refer to it")
                .help("if it is none, say so with a waiver: `waivers: [{ rule: secret-in-bundle, ... }]`"),
            );
        }
    }
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
