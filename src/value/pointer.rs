//! From a JSON pointer to a place in the source.

use std::collections::{BTreeMap, BTreeSet};

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
    /// Takes the values at these JSON pointers out of the tree, with their keys. An element of a list
    /// stays: its neighbours would get other places.
    pub fn prune(&mut self, pointers: &[String]) {
        let mut by_parent: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for pointer in pointers {
            if let Some((parent, key)) = pointer.rsplit_once('/') {
                by_parent.entry(parent).or_default().insert(unescape(key));
            }
        }
        for (parent, keys) in by_parent {
            if let Some(Kind::Map(map)) = self.descend(parent).map(|node| &mut node.kind) {
                map.retain(|key| !keys.contains(key));
            }
        }
    }

    fn descend(&mut self, pointer: &str) -> Option<&mut Self> {
        let mut node = self;
        for part in pointer.split('/').skip(1) {
            node = match &mut node.kind {
                Kind::Map(map) => map.get_mut(&unescape(part))?,
                Kind::Seq(items) => items.get_mut(part.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(node)
    }

    /// Follows a JSON pointer (RFC 6901) as far as it leads.
    pub fn at(&self, pointer: &str) -> Found<'_> {
        let mut found = Found { node: self, key_span: None, value_span: self.span, exact: true };
        for part in pointer.split('/').skip(1) {
            let part = unescape(part);
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

/// The JSON pointer of these steps.
pub fn pointer<'s>(steps: impl IntoIterator<Item = &'s str>) -> String {
    steps.into_iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect()
}

/// A JSON pointer without its last step, and that step.
pub fn split_pointer(pointer: &str) -> Option<(&str, String)> {
    pointer.rsplit_once('/').map(|(parent, last)| (parent, unescape(last)))
}

fn unescape(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}
