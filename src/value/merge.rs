//! Overlays: one tree laid over another.
//!
//! * A map merges with a map, key by key; keys that only one of them has stay.
//! * `null` in an overlay takes a key out. Where there is nothing to take out, that is an error.
//! * A list of named things merges with another by name: every item of both is a map with a text
//!   `name` (or every item one with an `id`). New names are added at the end.
//! * Every other list, every text, number and truth value is replaced as a whole. One name and a
//!   list of names may stand for each other.
//! * A map never replaces anything else, nor the other way round: that is an error at both places.
//!
//! Almost everything that has a name is a map in the manifest language (`hosts`, `nodes`, `stacks`,
//! `receivers`, ...), so that an overlay can name it. What is a list has an order that counts
//! (`routes`, fallbacks under `needs`), and half of an order means nothing.
//!
//! Every value and key keeps its span, and what was replaced is remembered in [`Past`](super::Past).
//! The time is linear in the size of the overlay.

use super::past::Deleted;
use super::{Entry, Kind, Map, Node};
use crate::diag::{Diagnostic, Sink, codes};
use crate::hashed::{HashMap, HashSet};
use crate::text::Span;

/// The keys that name an item of a list, by rank.
const NAME_KEYS: [&str; 2] = ["name", "id"];

/// From this many findings on, no near word is looked for: that would be slow, and help nobody.
const MOST_SUGGESTIONS: usize = 20;

/// Lays a tree over another. What cannot be merged is reported and stays as it was.
pub fn overlay(base: &mut Node, over: Node, sink: &mut Sink) {
    // An empty file says nothing; it does not delete everything.
    if !matches!(over.kind, Kind::Null) {
        Merger { sink, suggestions: 0 }.merge(base, over);
    }
}

/// The name of an item of a list of named things.
pub fn item_name(item: &Node) -> Option<&str> {
    NAME_KEYS.iter().find_map(|key| item.get(key)?.as_str())
}

struct Merger<'a> {
    sink: &'a mut Sink,
    suggestions: usize,
}

impl Merger<'_> {
    fn merge(&mut self, base: &mut Node, mut over: Node) {
        match (&mut base.kind, &mut over.kind) {
            (Kind::Map(map), Kind::Map(changes)) => {
                let changes = std::mem::take(changes);
                let deleted = self.maps(map, changes);
                if !deleted.is_empty() {
                    base.past_mut().deleted.extend(deleted);
                }
            }
            (Kind::Null, _) => replace(base, over),
            (Kind::Map(_), _) | (_, Kind::Map(_)) => self.conflict(base, &over),
            (Kind::Seq(items), Kind::Seq(changes)) => match shared_name_key(items, changes) {
                Some(key) => {
                    let changes = std::mem::take(changes);
                    self.named_lists(items, changes, key);
                }
                None => replace(base, over),
            },
            _ => replace(base, over),
        }
    }

    /// Merges key by key and gives what was taken out.
    fn maps(&mut self, map: &mut Map, changes: Map) -> Vec<Deleted> {
        let mut deleted = Vec::new();
        for Entry { key, mut value } in changes.into_entries() {
            let is_null = matches!(value.kind, Kind::Null);
            match map.get_mut(&key) {
                Some(old) if is_null => {
                    deleted.push(Deleted { key: key.value, value: old.span, by: value.span });
                }
                Some(old) => self.merge(old, value),
                None if is_null => self.nothing_to_delete(&key.value, value.span, map),
                None => {
                    self.no_nulls(&mut value, &key.value, map);
                    // The key is new, so nothing is given back.
                    let _ = map.insert(key, value);
                }
            }
        }
        if !deleted.is_empty() {
            let gone: HashSet<&str> = deleted.iter().map(|d| d.key.as_str()).collect();
            map.retain(|key| !gone.contains(key));
        }
        deleted
    }

    fn named_lists(&mut self, items: &mut Vec<Node>, changes: Vec<Node>, key: &str) {
        let mut known: HashMap<String, usize> = HashMap::default();
        for (at, item) in items.iter().enumerate() {
            let Some(name) = text_under(item, key) else { continue };
            if let Some(first) = known.insert(name.to_owned(), at) {
                let first = items.get(first).map_or(Span::nowhere(), |first| name_span(first, key));
                self.twice(name, first, name_span(item, key));
                return;
            }
        }
        let mut said: HashMap<String, Span> = HashMap::default();
        for change in changes {
            let Some(name) = text_under(&change, key).map(str::to_owned) else { continue };
            let span = name_span(&change, key);
            if let Some(first) = said.insert(name.clone(), span) {
                self.twice(&name, first, span);
                continue;
            }
            match known.get(&name).and_then(|at| items.get_mut(*at)) {
                Some(item) => self.merge(item, change),
                None => items.push(change),
            }
        }
    }

    /// Takes every `null` out of a value that is new: below it nothing can be deleted.
    fn no_nulls(&mut self, value: &mut Node, name: &str, beside: &Map) {
        let Kind::Map(map) = &mut value.kind else { return };
        let mut found = Vec::new();
        for (key, inner) in map.entries_mut() {
            if matches!(inner.kind, Kind::Null) {
                found.push((key.value.clone(), inner.span));
            } else {
                self.no_nulls(inner, name, beside);
            }
        }
        if found.is_empty() {
            return;
        }
        let gone: HashSet<&str> = found.iter().map(|(key, _)| key.as_str()).collect();
        map.retain(|key| !gone.contains(key));
        for (key, span) in &found {
            let mut diagnostic = Diagnostic::new(
                &codes::NOTHING_TO_DELETE,
                *span,
                format!("there is no `{key}` to delete: `{name}` is new here"),
            )
            .here("`null` deletes what an earlier file says");
            if self.may_suggest() {
                diagnostic = diagnostic.suggest(name, beside.iter().map(|(known, _)| known));
            }
            self.sink.push(diagnostic);
        }
    }

    fn nothing_to_delete(&mut self, key: &str, span: Span, map: &Map) {
        let mut diagnostic =
            Diagnostic::new(&codes::NOTHING_TO_DELETE, span, format!("there is no `{key}` to delete"))
                .here("`null` deletes what an earlier file says");
        if self.may_suggest() {
            diagnostic = diagnostic.suggest(key, map.iter().map(|(known, _)| known));
        }
        self.sink.push(diagnostic);
    }

    fn may_suggest(&mut self) -> bool {
        self.suggestions += 1;
        self.suggestions <= MOST_SUGGESTIONS
    }

    fn conflict(&mut self, base: &Node, over: &Node) {
        let (old, new) = (base.type_name(), over.type_name());
        self.sink.push(
            Diagnostic::new(&codes::MERGE_CONFLICT, over.place(), format!("{new} cannot be laid over {old}"))
                .here(format!("this is {new}"))
                .label(base.place(), format!("this is {old}"))
                .help("write the same kind of value in both places, or change it where it stands first"),
        );
    }

    fn twice(&mut self, name: &str, first: Span, second: Span) {
        self.sink.push(
            Diagnostic::new(
                &codes::MERGE_CONFLICT,
                second,
                format!("`{name}` stands twice in a list that merges by name"),
            )
            .here("which of the two is meant?")
            .label(first, "first here")
            .help("give each item a name of its own"),
        );
    }
}

/// Puts a value in the place of another, and remembers that one.
fn replace(base: &mut Node, mut over: Node) {
    let old = std::mem::replace(base, Node::new(Kind::Null, over.span));
    let past = over.past_mut();
    past.replaced.push(old.span);
    past.replaced.extend(old.past.into_iter().flat_map(|past| past.replaced));
    *base = over;
}

/// The key by which all items of two lists are named, if there is one.
fn shared_name_key(a: &[Node], b: &[Node]) -> Option<&'static str> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let names_all = |key: &&str| a.iter().chain(b).all(|item| text_under(item, key).is_some());
    NAME_KEYS.into_iter().find(names_all)
}

fn text_under<'n>(item: &'n Node, key: &str) -> Option<&'n str> {
    item.get(key)?.as_str()
}

fn name_span(item: &Node, key: &str) -> Span {
    item.get(key).map_or(item.span, |name| name.span)
}

#[cfg(test)]
mod tests;
