//! A label with the source it stands in, ready to be written down.

use std::ops::Range;

use crate::diag::Diagnostic;
use crate::text::{LineColumn, Source, SourceMap, Span};

/// A label and the place it points at. Offsets are bytes, fit the text and stand between characters.
pub(super) struct Place<'a> {
    pub(super) source: &'a Source,
    /// The remark; may be empty.
    pub(super) remark: &'a str,
    /// Whether it is the thing to change; exactly one place of a finding is.
    pub(super) primary: bool,
    pub(super) bytes: Range<usize>,
}

impl Place<'_> {
    pub(super) fn start(&self) -> LineColumn {
        self.position(self.bytes.start)
    }

    /// One past the last character.
    pub(super) fn end(&self) -> LineColumn {
        self.position(self.bytes.end)
    }

    fn position(&self, offset: usize) -> LineColumn {
        self.source.lines().position(self.source.text(), u32::try_from(offset).unwrap_or(u32::MAX))
    }
}

/// The places of a finding in the order of its labels. A label in no known source has no place.
pub(super) fn places<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Vec<Place<'a>> {
    let known = |span: Span| sources.get(span.source);
    diagnostic
        .labels
        .iter()
        .filter_map(|label| known(label.span).map(|source| (label, source)))
        .enumerate()
        .map(|(at, (label, source))| Place {
            source,
            remark: &label.text,
            primary: at == 0,
            bytes: fit(label.span, source.text()),
        })
        .collect()
}

/// Cuts a span to the text and moves its ends out of the middle of characters: no offset, however
/// wrong, can break a renderer.
fn fit(span: Span, text: &str) -> Range<usize> {
    let start = text.floor_char_boundary(span.start as usize);
    let end = text.ceil_char_boundary(span.end as usize);
    start..end.max(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::codes;

    #[test]
    fn a_span_that_does_not_fit_is_cut() {
        let mut sources = SourceMap::default();
        let id = sources.add("a.yaml", "é☃");
        let found = Diagnostic::new(&codes::SYNTAX, Span::new(id, 1, 999), "wrong");
        let places = places(&found, &sources);
        assert_eq!(places[0].bytes, 0..5);
        assert_eq!(places[0].end(), LineColumn { line: 1, column: 3 });
    }
}
