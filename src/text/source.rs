//! Source files and their ids.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::{LineIndex, Span, suspects};

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
    /// Only a source that is pointed at needs it.
    lines: OnceLock<LineIndex>,
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
        self.lines.get_or_init(|| LineIndex::new(&self.text))
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
        let id = SourceId(u32::try_from(self.sources.len()).unwrap_or(u32::MAX - 1));
        self.sources.push(Source { name: name.into(), text: text.into(), lines: OnceLock::new() });
        id
    }

    /// The source of an id; `None` for [`SourceId::NONE`].
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.sources.get(id.0 as usize)
    }

    /// Writes `*` over the text of places, so that no excerpt shows it. Offsets and lines stay.
    pub fn mask(&mut self, places: impl IntoIterator<Item = Span>) {
        let mut by_source: BTreeMap<SourceId, Vec<Range<usize>>> = BTreeMap::new();
        for place in places {
            by_source.entry(place.source).or_default().push(place.start as usize..place.end as usize);
        }
        for (id, mut ranges) in by_source {
            let Some(source) = self.sources.get_mut(id.0 as usize) else { continue };
            ranges.sort_by_key(|range| (range.start, range.end));
            let mut text = String::with_capacity(source.text.len());
            let mut done = 0;
            for range in ranges {
                let start = range.start.max(done);
                let (Some(before), Some(inside)) =
                    (source.text.get(done..start), source.text.get(start..range.end.max(start)))
                else {
                    continue;
                };
                text.push_str(before);
                for c in inside.chars() {
                    if matches!(c, '\n' | '\r') {
                        text.push(c);
                    } else {
                        text.extend(std::iter::repeat_n('*', c.len_utf8()));
                    }
                }
                done = range.end.max(start);
            }
            text.push_str(source.text.get(done..).unwrap_or(""));
            // Its places are those of the text as it was written.
            source.lines();
            source.text = text.into();
        }
    }

    /// Masks what may be a secret in every source, where no rule could look.
    pub fn mask_suspects(&mut self) {
        let found: Vec<Span> = self
            .iter()
            .flat_map(|(id, source)| {
                suspects(source.text()).into_iter().map(move |range| Span::new(id, range.start, range.end))
            })
            .collect();
        self.mask(found);
    }

    /// Every source with its id, in the order of adding.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.sources.iter().enumerate().map(|(i, s)| (SourceId(u32::try_from(i).unwrap_or(u32::MAX)), s))
    }
}
