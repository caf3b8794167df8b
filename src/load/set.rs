//! `--set path=value`: one value laid over everything that the files say.

use super::dotted::{self, Step};
use crate::diag::{Diagnostic, Sink, codes, list_names};
use crate::text::{SourceId, SourceMap, Span, Spanned};
use crate::value::{self, Deleted, Format, Kind, Map, Node, item_name};

/// How many steps a path may have.
const MOST_STEPS: usize = 32;

/// Carries out one `path=value`. It is a source of its own, so that findings can point into it; gives
/// its id.
pub(super) fn apply(tree: &mut Node, argument: &str, sources: &mut SourceMap, sink: &mut Sink) -> SourceId {
    // The name says the path alone: a value may be long.
    let path = dotted::split(argument).ok().and_then(|(_, end)| argument.get(..end)).unwrap_or("");
    let id = sources.add(format!("--set {path}").trim_end().to_owned(), argument);
    if let Some((steps, value)) = parse(id, argument, sink) {
        lay(tree, &steps, value, sink);
    }
    id
}

fn lay(tree: &mut Node, steps: &[Spanned<String>], value: Node, sink: &mut Sink) {
    let Some((last, parents)) = steps.split_last() else { return };
    let mut setter = Setter { sink, deletes: matches!(value.kind, Kind::Null) };
    let mut node = tree;
    for step in parents {
        match setter.enter(node, step) {
            Some(next) => node = next,
            None => return,
        }
    }
    setter.put(node, last, value);
}

/// The path and the value of an argument.
fn parse(id: SourceId, argument: &str, sink: &mut Sink) -> Option<(Vec<Spanned<String>>, Node)> {
    let whole = Span::new(id, 0, argument.len());
    let wrong = |span: Span, here: &str| {
        Diagnostic::new(&codes::BAD_SET, span, "`--set` takes a path and a value")
            .here(here)
            .help("write `--set hosts.val-1.region=eu`; a key with dots stands in quotes: `images.\"a.b\"`")
    };
    let (steps, end) = match dotted::split(argument) {
        Ok(parsed) => parsed,
        Err(malformed) => {
            let span = Span::new(id, malformed.at, malformed.at + 1);
            sink.push(wrong(span, malformed.why));
            return None;
        }
    };
    if steps.len() > MOST_STEPS {
        sink.push(wrong(whole, "this path is too long"));
        return None;
    }
    let text = argument.get(end..).and_then(|rest| rest.strip_prefix('='));
    let Some(text) = text else {
        sink.push(wrong(whole, "`=` and a value are missing"));
        return None;
    };
    if text.trim().is_empty() {
        sink.push(
            wrong(Span::at(id, argument.len()), "nothing stands here")
                .help("`null` deletes a key, `''` is empty text"),
        );
        return None;
    }
    let value = flow_value(id, argument, end + 1, sink)?;
    let place = |step: Step| Spanned::new(step.text, Span::new(id, step.range.start, step.range.end));
    Some((steps.into_iter().map(place).collect(), value))
}

/// The end of an argument as a YAML value. Its spans fit the whole argument.
pub(super) fn flow_value(id: SourceId, argument: &str, from: usize, sink: &mut Sink) -> Option<Node> {
    // Spaces before a value mean nothing to YAML, and keep every byte at its offset.
    let padded = format!("{:from$}{}", "", argument.get(from..).unwrap_or(""));
    value::parse(Format::Yaml, id, &padded, sink)
}

struct Setter<'a> {
    sink: &'a mut Sink,
    /// Whether the value is `null`: then nothing is made on the way.
    deletes: bool,
}

impl Setter<'_> {
    /// The value under a step, made where there is none.
    fn enter<'n>(&mut self, node: &'n mut Node, step: &Spanned<String>) -> Option<&'n mut Node> {
        if matches!(node.kind, Kind::Null) && !self.deletes {
            node.kind = Kind::Map(Map::default());
        }
        let (place, kind) = (node.place(), node.type_name());
        match &mut node.kind {
            Kind::Map(map) => {
                if map.get(step).is_none() {
                    if self.deletes {
                        self.nothing(step, map.iter().map(|(key, _)| key));
                        return None;
                    }
                    // It is not there, so nothing is given back.
                    let _ = map.insert(step.clone(), Node::new(Kind::Map(Map::default()), step.span));
                }
                map.get_mut(step)
            }
            Kind::Seq(items) => {
                let at = self.item(items, step)?;
                items.get_mut(at)
            }
            _ => {
                self.no_collection(step, place, kind);
                None
            }
        }
    }

    /// Lays the value over what stands under the last step.
    fn put(&mut self, node: &mut Node, step: &Spanned<String>, value: Node) {
        let (place, kind) = (node.place(), node.type_name());
        match &mut node.kind {
            Kind::Seq(items) => {
                let Some(at) = self.item(items, step) else { return };
                if self.deletes {
                    let old = items.remove(at);
                    let (key, by) = (step.value.clone(), value.span);
                    node.past_mut().deleted.push(Deleted { key, value: old.span, by });
                } else if let Some(item) = items.get_mut(at) {
                    value::overlay(item, value, self.sink);
                }
            }
            Kind::Map(_) | Kind::Null => {
                let mut change = Map::default();
                let _ = change.insert(step.clone(), value);
                value::overlay(node, Node::new(Kind::Map(change), step.span), self.sink);
            }
            _ => self.no_collection(step, place, kind),
        }
    }

    /// The position of an item, by its name or its index.
    fn item(&mut self, items: &[Node], step: &Spanned<String>) -> Option<usize> {
        let by_name = items.iter().position(|item| item_name(item) == Some(step.value.as_str()));
        let by_index = || step.parse::<usize>().ok().filter(|at| *at < items.len());
        let found = by_name.or_else(by_index);
        if found.is_none() {
            let names: Vec<&str> = items.iter().filter_map(item_name).collect();
            let known = match (names.is_empty(), items.len()) {
                (true, 0) => "the list is empty".to_owned(),
                (true, 1) => "the list has one item: `0`".to_owned(),
                (true, count) => format!("the list has {count} items: `0` to `{}`", count - 1),
                (false, _) => format!("the items are {}", list_names(names, 12)),
            };
            self.sink.push(
                Diagnostic::new(&codes::BAD_SET, step.span, format!("there is no item `{step}` in the list"))
                    .here("neither an index nor a name")
                    .help(format!("{known}; to replace the whole list, set the list itself")),
            );
        }
        found
    }

    fn no_collection(&mut self, step: &Spanned<String>, place: Span, kind: &str) {
        self.sink.push(
            Diagnostic::new(&codes::BAD_SET, step.span, format!("there is nothing below {kind}"))
                .here(format!("`{step}` cannot stand below it"))
                .label(place, format!("this is {kind}"))
                .help("end the path one step earlier"),
        );
    }

    fn nothing<'k>(&mut self, step: &Spanned<String>, known: impl Iterator<Item = &'k str>) {
        self.sink.push(
            Diagnostic::new(&codes::NOTHING_TO_DELETE, step.span, format!("there is no `{step}` to delete"))
                .here("`null` deletes what a file says")
                .suggest(step, known),
        );
    }
}
