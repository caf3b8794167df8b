//! A range of bytes in one source.

use super::SourceId;

/// A half-open range of bytes `start..end` in one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The source that the range belongs to.
    pub source: SourceId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte; never below `start`.
    pub end: u32,
}

impl Span {
    /// A span over `start..end`; offsets past 4 GiB are cut to the limit (sources are far smaller).
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        let end = u32::try_from(end).unwrap_or(u32::MAX);
        Self { source, start, end: end.max(start) }
    }

    /// An empty span at one offset.
    pub fn at(source: SourceId, offset: usize) -> Self {
        Self::new(source, offset, offset)
    }

    /// A span for things that stand in no file: defaults, catalog data.
    pub const fn nowhere() -> Self {
        Self { source: SourceId::NONE, start: 0, end: 0 }
    }

    /// Whether the span points into a file.
    pub fn is_somewhere(self) -> bool {
        self.source != SourceId::NONE
    }

    /// The number of bytes.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether the span covers no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The smallest span that covers both; `self` where they stand in different sources.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        if self.source != other.source {
            return self;
        }
        Self { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Packs the span in two numbers, so that it can travel through serde.
    pub(crate) fn pack(self) -> (u64, u64) {
        (u64::from(self.source.0), (u64::from(self.start) << 32) | u64::from(self.end))
    }

    /// The reverse of [`Span::pack`].
    pub(crate) fn unpack(source: u64, range: u64) -> Self {
        let source = SourceId(u32::try_from(source).unwrap_or(u32::MAX));
        let end = u32::try_from(range & u64::from(u32::MAX)).unwrap_or(u32::MAX);
        let start = u32::try_from(range >> 32).unwrap_or(u32::MAX);
        Self { source, start, end: end.max(start) }
    }
}
