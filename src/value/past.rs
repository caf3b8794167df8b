//! What happened to a value between the file where it stands and the tree that is compiled.

use crate::text::Span;

/// The history of one value. Most values have none.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// The values that it replaced, the latest first.
    pub replaced: Vec<Span>,
    /// The variables whose values were put into it, in their order.
    pub variables: Vec<String>,
    /// The keys that were taken out of it, if it is a map.
    pub deleted: Vec<Deleted>,
}

/// A key that an overlay took out of a map.
#[derive(Clone, Debug)]
pub struct Deleted {
    /// The key.
    pub key: String,
    /// Its value.
    pub value: Span,
    /// The `null` that took it out.
    pub by: Span,
}
