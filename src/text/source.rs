//! Source files and their ids.

use std::sync::Arc;

use super::{LineIndex, Span};

/// Names one source in a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub(crate) u32);

impl SourceId {
    /// The id of no source at all; see [`Span::nowhere`].
    pub const NONE: Self = Self(u32::MAX);
}

/// One source: its name as the user wrote it, and its text.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    text: Arc<str>,
    lines: LineIndex,
}

impl Source {
    /// The path as it was given on the command line; `<stdin>` for standard input.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// Byte offset to line and column.
    pub fn lines(&self) -> &LineIndex {
        &self.lines
    }

    /// The text under a span; empty where the span does not fit the text.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }
}

/// All sources of one run, by id.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    sources: Vec<Source>,
}

impl SourceMap {
    /// Adds a source and gives its id.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        let text = text.into();
        let id = SourceId(u32::try_from(self.sources.len()).unwrap_or(u32::MAX - 1));
        self.sources.push(Source { name: name.into(), lines: LineIndex::new(&text), text });
        id
    }

    /// The source of an id; `None` for [`SourceId::NONE`].
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.sources.get(id.0 as usize)
    }

    /// Writes `*` over the text of a place, so that no excerpt shows it. Offsets and lines stay.
    pub fn mask(&mut self, span: Span) {
        let Some(source) = self.sources.get_mut(span.source.0 as usize) else { return };
        let (start, end) = (span.start as usize, span.end as usize);
        let (Some(before), Some(inside), Some(after)) =
            (source.text.get(..start), source.text.get(start..end), source.text.get(end..))
        else {
            return;
        };
        let mut text = String::with_capacity(source.text.len());
        text.push_str(before);
        for c in inside.chars() {
            if c == '\n' || c == '\r' {
                text.push(c);
            } else {
                text.extend(std::iter::repeat_n('*', c.len_utf8()));
            }
        }
        text.push_str(after);
        source.text = text.into();
    }

    /// Every source with its id, in the order of adding.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.sources.iter().enumerate().map(|(i, s)| (SourceId(u32::try_from(i).unwrap_or(u32::MAX)), s))
    }
}
