//! From a JSON pointer to a place in the source.

use std::borrow::Cow;
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
    /// Takes the values at these JSON pointers out of the tree, with their keys. Deeper ones go first, so
    /// that an element that leaves its list moves no other pointer.
    pub fn prune(&mut self, pointers: &[String]) {
        let mut by_parent: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for pointer in pointers {
            if let Some((parent, key)) = split_pointer(pointer) {
                by_parent.entry(parent).or_default().insert(key);
            }
        }
        // A parent sorts before what is below it.
        for (parent, keys) in by_parent.into_iter().rev() {
            match self.descend(parent).map(|node| &mut node.kind) {
                Some(Kind::Map(map)) => map.retain(|key| !keys.contains(key)),
                Some(Kind::Seq(items)) => {
                    let mut at = 0;
                    items.retain(|_| {
                        at += 1;
                        !keys.contains(&(at - 1).to_string())
                    });
                }
                _ => {}
            }
        }
    }

    /// Takes out every value that stands at exactly this place; whether there was one.
    pub fn prune_at(&mut self, span: Span) -> bool {
        match &mut self.kind {
            Kind::Map(map) => {
                let before = map.entries().len();
                map.retain_entries(|entry| entry.value.span != span && entry.key.span != span);
                let here = map.entries().len() < before;
                map.values_mut().fold(here, |found, value| value.prune_at(span) || found)
            }
            Kind::Seq(items) => {
                let before = items.len();
                items.retain(|item| item.span != span);
                let here = items.len() < before;
                items.iter_mut().fold(here, |found, item| item.prune_at(span) || found)
            }
            _ => false,
        }
    }

    fn descend(&mut self, pointer: &str) -> Option<&mut Self> {
        let mut node = self;
        for step in steps(pointer) {
            node = match &mut node.kind {
                Kind::Map(map) => map.get_mut(&step)?,
                Kind::Seq(items) => items.get_mut(step.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(node)
    }

    /// What a map has under a key, or a list at a place.
    pub fn step(&self, step: &str) -> Option<&Self> {
        match &self.kind {
            Kind::Map(map) => map.get(step),
            Kind::Seq(items) => items.get(step.parse::<usize>().ok()?),
            _ => None,
        }
    }

    /// Follows a JSON pointer (RFC 6901) as far as it leads.
    pub fn at(&self, pointer: &str) -> Found<'_> {
        let mut found = Found { node: self, key_span: None, value_span: self.span, exact: true };
        for step in steps(pointer) {
            let next = match &found.node.kind {
                Kind::Map(map) => map.entry(&step).map(|entry| (&entry.value, Some(entry.key.span))),
                _ => found.node.step(&step).map(|item| (item, None)),
            };
            let Some((node, key_span)) = next else {
                return Found { exact: false, ..found };
            };
            found = Found { node, key_span, value_span: node.span, exact: true };
        }
        found
    }
}

/// The JSON pointer of these steps.
pub fn pointer<'s>(steps: impl IntoIterator<Item = &'s str>) -> String {
    let mut pointer = String::new();
    steps.into_iter().for_each(|step| push_step(&mut pointer, step));
    pointer
}

/// Makes a JSON pointer longer by one step.
pub fn push_step(pointer: &mut String, step: &str) {
    pointer.push('/');
    if !step.contains(['~', '/']) {
        return pointer.push_str(step);
    }
    for c in step.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c => pointer.push(c),
        }
    }
}

/// A JSON pointer with one more step.
pub fn pointer_below(pointer: &str, step: &str) -> String {
    let mut pointer = pointer.to_owned();
    push_step(&mut pointer, step);
    pointer
}

/// The steps of a JSON pointer.
pub fn steps(pointer: &str) -> impl Iterator<Item = Cow<'_, str>> {
    pointer.split('/').skip(1).map(unescape)
}

/// A JSON pointer without its last step, and that step.
pub fn split_pointer(pointer: &str) -> Option<(&str, String)> {
    pointer.rsplit_once('/').map(|(parent, last)| (parent, unescape(last).into_owned()))
}

fn unescape(part: &str) -> Cow<'_, str> {
    if part.contains('~') { part.replace("~1", "/").replace("~0", "~").into() } else { part.into() }
}
