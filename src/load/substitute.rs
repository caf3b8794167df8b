//! `${name}` in the texts of a manifest.
//!
//! A text that is exactly `${name}` becomes the value with its type; inside a longer text the value is
//! put in as text. `$${` stands for a literal `${`; any other `$` is a `$`. Keys take no variables: a
//! key that changes from run to run could not be overlaid, nor pointed at.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::variables::{Values, is_name};
use crate::diag::{Diagnostic, Sink, codes};
use crate::text::{SourceMap, Span};
use crate::value::{Kind, MAX_BYTES, Node};

/// How many bytes all values together may add.
const MOST_ADDED: usize = MAX_BYTES;

/// What was put in where.
#[derive(Debug, Default)]
pub(super) struct Substituted {
    /// The place of a text -> the variables in it.
    pub(super) places: BTreeMap<Span, Vec<String>>,
    /// The places of texts with a variable that has no value, and of keys with a variable. That was
    /// reported; what else is wrong with them follows from it.
    pub(super) broken: BTreeSet<Span>,
}

/// Replaces every variable in a tree.
pub(super) fn expand(tree: &mut Node, values: &Values, sources: &SourceMap, sink: &mut Sink) -> Substituted {
    let mut expander =
        Expander { values, sources, sink, done: Substituted::default(), added: 0, full: false };
    expander.walk(tree);
    expander.done
}

/// Whether a value has a text in which a variable would be replaced.
pub(super) fn contains_variable(node: &Node) -> bool {
    match &node.kind {
        Kind::Str(text) => pieces(text).any(|piece| !matches!(piece.kind, Part::Text | Part::Escape)),
        Kind::Seq(items) => items.iter().any(contains_variable),
        _ => false,
    }
}

/// The value with `$${` replaced.
pub(super) fn literal(mut node: Node) -> Node {
    match &mut node.kind {
        Kind::Str(text) => *text = text.replace("$${", "${"),
        Kind::Seq(items) => {
            let old = std::mem::take(items);
            items.extend(old.into_iter().map(literal));
        }
        _ => {}
    }
    node
}

struct Expander<'a> {
    values: &'a Values,
    sources: &'a SourceMap,
    sink: &'a mut Sink,
    done: Substituted,
    added: usize,
    full: bool,
}

impl Expander<'_> {
    fn walk(&mut self, node: &mut Node) {
        match &mut node.kind {
            Kind::Str(text) if text.contains("${") => self.text(node),
            Kind::Seq(items) => items.iter_mut().for_each(|item| self.walk(item)),
            Kind::Map(map) => {
                for (key, value) in map.entries_mut() {
                    if key.contains("${") {
                        self.key(&key.value, key.span);
                    }
                    self.walk(value);
                }
            }
            _ => {}
        }
    }

    fn key(&mut self, key: &str, span: Span) {
        self.done.broken.insert(span);
        self.sink.push(
            Diagnostic::new(
                &codes::MISPLACED_VARIABLE,
                span,
                format!("no variable can stand in the key `{key}`"),
            )
            .here("this is a key")
            .help("write the key out; its value may hold a variable"),
        );
    }

    fn text(&mut self, node: &mut Node) {
        let Kind::Str(text) = &node.kind else { return };
        let text = text.clone();
        let found: Vec<Piece<'_>> = pieces(&text).collect();
        let mut count = 0;
        let mut used = Vec::new();
        let mut whole = String::new();
        let mut sound = true;
        for piece in &found {
            match piece.kind {
                Part::Text => whole.push_str(piece.text),
                Part::Escape => whole.push_str("${"),
                Part::Open => {
                    self.malformed(node, count, piece, "this `${` is not closed");
                    sound = false;
                }
                Part::Variable => {
                    count += 1;
                    let Some(value) = self.values.get(piece.text) else {
                        self.unknown(node, count - 1, piece);
                        sound = false;
                        continue;
                    };
                    used.push(piece.text.to_owned());
                    let Some(value) = &value.node else {
                        sound = false;
                        continue;
                    };
                    if self.too_much(node, value) {
                        return;
                    }
                    if found.len() == 1 {
                        let mut kind = value.kind.clone();
                        place_items(&mut kind, node.span);
                        self.put(node, kind, used);
                        return;
                    }
                    match &value.kind {
                        Kind::Seq(_) => {
                            self.list_in_text(node, count - 1, piece);
                            sound = false;
                        }
                        Kind::Str(text) => whole.push_str(text),
                        _ => whole.push_str(&value.to_json().to_string()),
                    }
                }
            }
        }
        if !sound {
            self.done.broken.insert(node.span);
            return;
        }
        self.put(node, Kind::Str(whole), used);
    }

    fn put(&mut self, node: &mut Node, kind: Kind, used: Vec<String>) {
        node.kind = kind;
        if !used.is_empty() {
            self.done.places.insert(node.span, used.clone());
            node.past_mut().variables = used;
        }
    }

    fn too_much(&mut self, node: &Node, value: &Node) -> bool {
        self.added = self.added.saturating_add(size(value));
        if self.added <= MOST_ADDED {
            return false;
        }
        if !self.full {
            self.full = true;
            self.sink.push(
                Diagnostic::new(&codes::TOO_LARGE, node.span, "the values of variables add too much text")
                    .here(format!("more than {} MiB in the whole manifest", MOST_ADDED >> 20))
                    .help("put shorter values into variables"),
            );
        }
        self.done.broken.insert(node.span);
        true
    }

    fn unknown(&mut self, node: &Node, at: usize, piece: &Piece<'_>) {
        let name = piece.text;
        if !is_name(name) {
            self.malformed(node, at, piece, "no name of a variable stands between the braces");
            return;
        }
        let span = self.span(node, at);
        let mut diagnostic =
            Diagnostic::new(&codes::UNKNOWN_VARIABLE, span, format!("there is no variable `{name}`"))
                .here("not declared")
                .suggest(name, self.values.keys().map(String::as_str));
        if self.values.is_empty() {
            diagnostic =
                diagnostic.help(format!("declare it: `variables: {{ {name}: {{ type: string }} }}`"));
        }
        self.sink.push(diagnostic.help(format!("for the text itself write `$${{{name}}}`")));
    }

    fn malformed(&mut self, node: &Node, at: usize, piece: &Piece<'_>, why: &str) {
        let span = if piece.kind == Part::Open { node.place() } else { self.span(node, at) };
        self.sink.push(
            Diagnostic::new(&codes::UNKNOWN_VARIABLE, span, "`${` begins the name of a variable")
                .here(why.to_owned())
                .help("write `${name}`, or `$${` for the text itself"),
        );
    }

    fn list_in_text(&mut self, node: &Node, at: usize, piece: &Piece<'_>) {
        let name = piece.text;
        let declared = self.values.get(name).map_or(Span::nowhere(), |value| value.declared);
        self.sink.push(
            Diagnostic::new(
                &codes::MISPLACED_VARIABLE,
                self.span(node, at),
                format!("the list `{name}` cannot stand inside a text"),
            )
            .here("other text stands beside it")
            .label(declared, "declared as a list")
            .help(format!("let the value be exactly `${{{name}}}`")),
        );
    }

    /// The place of the variable of a number in a text: its own bytes, where the source shows them as
    /// they are; else the whole text.
    fn span(&self, node: &Node, at: usize) -> Span {
        let slice = self.sources.get(node.span.source).map_or("", |source| source.slice(node.span));
        let found = pieces(slice).filter(|piece| piece.kind == Part::Variable).nth(at);
        match (node.via, found) {
            (None, Some(piece)) => {
                let start = node.span.start as usize;
                Span::new(node.span.source, start + piece.range.start, start + piece.range.end)
            }
            _ => node.place(),
        }
    }
}

/// Items that stand in no file get the place where the list was put in.
fn place_items(kind: &mut Kind, span: Span) {
    if let Kind::Seq(items) = kind {
        for item in items.iter_mut().filter(|item| !item.span.is_somewhere()) {
            item.span = span;
        }
    }
}

/// About how many bytes a value takes.
fn size(node: &Node) -> usize {
    const EACH: usize = 64;
    match &node.kind {
        Kind::Str(text) => text.len(),
        Kind::Seq(items) => items.iter().map(|item| EACH + size(item)).sum(),
        _ => EACH,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Text,
    /// `$${`
    Escape,
    /// `${name}`; the text is the name, right or wrong.
    Variable,
    /// `${` without an end.
    Open,
}

#[derive(Clone, Debug)]
struct Piece<'t> {
    kind: Part,
    text: &'t str,
    range: Range<usize>,
}

/// A text in pieces, in order.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let (kind, shown, length) = if rest.starts_with("$${") {
            (Part::Escape, rest.get(..3).unwrap_or(""), 3)
        } else if let Some(inner) = rest.strip_prefix("${") {
            match inner.find('}') {
                Some(end) => (Part::Variable, inner.get(..end).unwrap_or(""), end + 3),
                None => (Part::Open, rest, rest.len()),
            }
        } else {
            let end = [rest.find("$${"), rest.find("${")].into_iter().flatten().min().unwrap_or(rest.len());
            (Part::Text, rest.get(..end).unwrap_or(""), end)
        };
        let range = at..at + length;
        at += length;
        Some(Piece { kind, text: shown, range })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_pieces() {
        let told = |text: &str| -> Vec<String> {
            pieces(text)
                .map(|piece| format!("{:?} {}", piece.kind, text.get(piece.range.clone()).unwrap()))
                .collect()
        };
        assert_eq!(told("a${é}b"), ["Text a", "Variable ${é}", "Text b"]);
        assert_eq!(told("$${a}"), ["Escape $${", "Text a}"]);
        assert_eq!(told("$$${a}"), ["Text $", "Escape $${", "Text a}"]);
        assert_eq!(told("$a$5${x"), ["Text $a$5", "Open ${x"]);
        assert_eq!(told("${}"), ["Variable ${}"]);
    }
}
