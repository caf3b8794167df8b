//! From a JSON pointer to a place in the source.

use super::{Kind, Node};
use crate::text::Span;

/// What a pointer leads to; the nearest parent where the path goes on into nothing.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// The value.
    pub node: &'a Node,
    /// The key that it stands under, if it stands in a map.
    pub key_span: Option<Span>,
    /// The place of the value.
    pub value_span: Span,
    /// Whether the whole path was followed.
    pub exact: bool,
}

impl Node {
    /// Follows a JSON pointer (RFC 6901) as far as it leads.
    pub fn at(&self, pointer: &str) -> Found<'_> {
        let mut found = Found { node: self, key_span: None, value_span: self.span, exact: true };
        for part in pointer.split('/').skip(1) {
            let part = part.replace("~1", "/").replace("~0", "~");
            let (next, key) = match &found.node.kind {
                Kind::Map(map) => match map.entry(&part) {
                    Some(entry) => (&entry.value, Some(entry.key.span)),
                    None => return Found { exact: false, ..found },
                },
                Kind::Seq(items) => match part.parse::<usize>().ok().and_then(|at| items.get(at)) {
                    Some(item) => (item, None),
                    None => return Found { exact: false, ..found },
                },
                _ => return Found { exact: false, ..found },
            };
            found = Found { node: next, key_span: key, value_span: next.span, exact: true };
        }
        found
    }
}
