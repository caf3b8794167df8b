//! YAML into the tree; the only file that names granit-parser.
//!
//! Plain scalars follow the core schema of YAML 1.2, so `no`, `on` and `22:22` are text. Anchors,
//! aliases and merge keys work; an alias copies its value and remembers where it stands. The tree is
//! built with a stack of our own, so no input can exhaust the machine's.

mod plain;
mod syntax;

use granit_parser::{Event, Parser, ScalarStyle, Tag, options};

use self::plain::{Plain, not_finite};
use super::{Kind, MAX_DEPTH, MAX_NODES, Map, Node, duplicate, too_deep};
use crate::diag::{Diagnostic, Sink, codes};
use crate::hashed::HashMap;
use crate::text::{SourceId, Span, Spanned};

pub(super) fn parse(id: SourceId, text: &str, sink: &mut Sink) -> Option<Node> {
    let options = options! { emit_comments: false };
    let mut builder = Builder {
        id,
        text,
        sink,
        stack: Vec::new(),
        anchors: HashMap::default(),
        root: None,
        documents: 0,
        nodes: 0,
        broken: false,
    };
    for next in Parser::new_from_str_with_options(text, options) {
        let go_on = match next {
            Ok((event, range)) => {
                let bytes = range.byte_range().unwrap_or(0..0);
                builder.event(event, Span::new(id, bytes.start, bytes.end))
            }
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
                syntax::report(id, text, at, error.kind(), builder.sink);
                false
            }
        };
        if !go_on {
            return None;
        }
    }
    if builder.broken {
        return None;
    }
    Some(builder.root.unwrap_or_else(|| Node::new(Kind::Map(Map::default()), Span::at(id, 0))))
}

/// A collection that is still open.
struct Frame {
    anchor: usize,
    start: Span,
    kind: FrameKind,
}

enum FrameKind {
    Seq(Vec<Node>),
    Map { map: Map, key: Option<Spanned<String>>, merges: Vec<(Span, Node)> },
}

struct Builder<'a> {
    id: SourceId,
    text: &'a str,
    sink: &'a mut Sink,
    stack: Vec<Frame>,
    /// Anchor -> value; only asked, never iterated.
    anchors: HashMap<usize, (Node, usize)>,
    root: Option<Node>,
    documents: usize,
    nodes: usize,
    /// A problem made a value unusable; the rest is still read, to report all problems.
    broken: bool,
}

const MERGE: &str = "<<";

impl Builder<'_> {
    /// Takes one event; false when reading must stop.
    fn event(&mut self, event: Event<'_>, span: Span) -> bool {
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.fail(
                        Diagnostic::new(&codes::SYNTAX, span, "a second document begins")
                            .here("one file holds one manifest")
                            .help("put it into a file of its own"),
                    );
                    return false;
                }
                true
            }
            Event::Scalar(text, style, anchor, tag) => {
                let kind = self.scalar(&text, style, tag.as_deref(), span);
                self.finish(Node::new(kind, span), anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.open(anchor, span, tag.as_deref(), "seq", FrameKind::Seq(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                let kind = FrameKind::Map { map: Map::default(), key: None, merges: Vec::new() };
                self.open(anchor, span, tag.as_deref(), "map", kind)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            _ => true,
        }
    }

    fn fail(&mut self, diagnostic: Diagnostic) {
        self.broken = true;
        self.sink.push(diagnostic);
    }

    fn open(&mut self, anchor: usize, start: Span, tag: Option<&Tag>, own: &str, kind: FrameKind) -> bool {
        if self.stack.len() >= MAX_DEPTH {
            too_deep(self.sink, start);
            return false;
        }
        if let Some(tag) = tag.filter(|tag| core_tag(tag) != Some(own)) {
            self.unknown_tag(tag, start);
        }
        self.stack.push(Frame { anchor, start, kind });
        true
    }

    fn close(&mut self, end: Span) -> bool {
        let Some(frame) = self.stack.pop() else { return true };
        let span = Span { end: end.end.max(frame.start.end), ..frame.start };
        let kind = match frame.kind {
            FrameKind::Seq(items) => Kind::Seq(items),
            FrameKind::Map { map, merges, .. } => Kind::Map(self.merge(map, merges)),
        };
        self.finish(Node::new(kind, span), frame.anchor)
    }

    /// Puts a finished value where it belongs.
    fn finish(&mut self, node: Node, anchor: usize) -> bool {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            self.fail(
                Diagnostic::new(&codes::TOO_LARGE, node.span, "too many values")
                    .here(format!("more than {MAX_NODES}, aliases counted"))
                    .help("split the network, or use stacks for what repeats"),
            );
            return false;
        }
        if anchor != 0 {
            let size = count(&node);
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return true;
        };
        match &mut frame.kind {
            FrameKind::Seq(items) => items.push(node),
            FrameKind::Map { map, key, merges } => match key.take() {
                None => match key_text(&node) {
                    Some(name) => *key = Some(Spanned::new(name, node.span)),
                    None => {
                        let name = node.type_name();
                        // A stand-in keeps keys and values in step.
                        *key = Some(Spanned::new(String::new(), node.span));
                        self.broken = true;
                        let braces =
                            self.text.get(..node.span.start as usize).is_some_and(|b| b.ends_with('{'));
                        let diagnostic =
                            Diagnostic::new(&codes::SYNTAX, node.span, format!("{name} cannot be a key"))
                                .here("keys are text");
                        self.sink.push(if braces {
                            diagnostic
                                .help("netgen does not fill in `{{ }}`; put text that holds it in quotes")
                        } else {
                            diagnostic.help("give each entry a key of its own")
                        });
                    }
                },
                Some(name) if name.value == MERGE => merges.push((name.span, node)),
                Some(name) => {
                    let (text, span) = (name.value.clone(), name.span);
                    if let Err(first) = map.insert(name, node) {
                        self.broken = true;
                        duplicate(self.sink, &text, first.span, span);
                    }
                }
            },
        }
        true
    }

    fn alias(&mut self, anchor: usize, span: Span) -> bool {
        let Some((node, size)) = self.anchors.get(&anchor) else {
            self.fail(
                Diagnostic::new(&codes::SYNTAX, span, "an alias stands inside the value it names")
                    .here("refers to itself")
                    .help("move the anchor to a value that does not hold the alias"),
            );
            return false;
        };
        self.nodes = self.nodes.saturating_add(*size);
        if self.nodes > MAX_NODES || self.stack.len() + depth(node) > MAX_DEPTH {
            self.fail(
                Diagnostic::new(&codes::TOO_LARGE, span, "aliases expand too far")
                    .here(format!("more than {MAX_NODES} values or {MAX_DEPTH} levels"))
                    .help("aliases of aliases multiply; write the values out, or use stacks"),
            );
            return false;
        }
        let mut copy = node.clone();
        copy.via = Some(span);
        self.finish(copy, 0)
    }

    /// `<<: *base` and `<<: [*a, *b]`: keys that stand in the map itself win, earlier bases win over later.
    fn merge(&mut self, mut map: Map, merges: Vec<(Span, Node)>) -> Map {
        for (site, value) in merges {
            let bases = match value.kind {
                Kind::Seq(items) => items,
                _ => vec![value],
            };
            for base in bases {
                let what = base.type_name();
                let Kind::Map(base_map) = base.kind else {
                    self.fail(
                        Diagnostic::new(&codes::SYNTAX, site, "`<<` merges maps only")
                            .here("what it names is no map")
                            .label(base.span, format!("this is {what}"))
                            .help("name the anchor of a map: `<<: *name`"),
                    );
                    continue;
                };
                for entry in base_map.entries() {
                    let mut value = entry.value.clone();
                    value.via = Some(base.via.unwrap_or(site));
                    // A key that is there already wins.
                    let _ = map.insert(entry.key.clone(), value);
                }
            }
        }
        map
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Kind {
        if let Some(tag) = tag {
            let kind = match core_tag(tag) {
                Some("str") => return Kind::Str(text.to_owned()),
                Some("null" | "bool" | "int" | "float") => plain(text),
                _ => {
                    self.unknown_tag(tag, span);
                    return Kind::Str(text.to_owned());
                }
            };
            let wanted = core_tag(tag).unwrap_or_default();
            return match (wanted, kind) {
                ("int", kind @ (Kind::Int(_) | Kind::UInt(_)))
                | ("null", kind @ Kind::Null)
                | ("bool", kind @ Kind::Bool(_)) => kind,
                ("float", Kind::Float(number)) => Kind::Float(number),
                #[expect(clippy::cast_precision_loss, reason = "a tag asks for it")]
                ("float", Kind::Int(number)) => Kind::Float(number as f64),
                (_, kind) => {
                    self.fail(
                        Diagnostic::new(&codes::INVALID_VALUE, span, format!("this is no `!!{wanted}`"))
                            .help("take the tag out, or write a value of its type"),
                    );
                    kind
                }
            };
        }
        if style != ScalarStyle::Plain {
            return Kind::Str(text.to_owned());
        }
        if not_finite(text) {
            self.fail(
                Diagnostic::new(
                    &codes::INVALID_VALUE,
                    span,
                    format!("`{text}` is not a number that can be used"),
                )
                .here("infinite, not a number, or too large")
                .help("write a finite number, or put text in quotes"),
            );
        }
        plain(text)
    }

    /// The tag before a value: the reader tells the place of the value alone.
    fn tag_at(&self, value: Span) -> Span {
        let mut end = value.start as usize;
        while let Some(before) = self.text.get(..end) {
            let before = before.trim_end();
            let start = before.rfind([' ', '\n', '\t', '[', '{', ',']).map_or(0, |at| at + 1);
            match before.get(start..).and_then(|word| word.chars().next()) {
                Some('!') => return Span::new(self.id, start, before.len()),
                Some('&') => end = start,
                _ => break,
            }
        }
        value
    }

    fn unknown_tag(&mut self, tag: &Tag, span: Span) {
        let shown = self.tag_at(span);
        let name = match tag.handle() {
            "tag:yaml.org,2002:" => format!("!!{}", tag.suffix()),
            handle => format!("{handle}{}", tag.suffix()),
        };
        self.fail(
            Diagnostic::new(&codes::SYNTAX, shown, format!("the tag `{name}` is not known"))
                .here("only the core tags of YAML are")
                .help("take the tag out; put text that begins with `!` in quotes"),
        );
    }
}

/// `str` for `!!str`; `None` for a tag outside the core schema.
fn core_tag(tag: &Tag) -> Option<&str> {
    (tag.handle() == "tag:yaml.org,2002:").then(|| tag.suffix())
}

fn key_text(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Str(text) => Some(text.clone()),
        Kind::Int(number) => Some(number.to_string()),
        Kind::UInt(number) => Some(number.to_string()),
        Kind::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// A plain scalar by the core schema.
fn plain(text: &str) -> Kind {
    match plain::plain(text) {
        Plain::Null => Kind::Null,
        Plain::Bool(value) => Kind::Bool(value),
        Plain::Int(number) => Kind::Int(number),
        Plain::UInt(number) => Kind::UInt(number),
        Plain::Float(number) => Kind::Float(number),
        Plain::Text => Kind::Str(text.to_owned()),
    }
}

fn count(node: &Node) -> usize {
    1 + match &node.kind {
        Kind::Seq(items) => items.iter().map(count).sum(),
        Kind::Map(map) => map.entries().iter().map(|e| count(&e.value)).sum::<usize>(),
        _ => 0,
    }
}

fn depth(node: &Node) -> usize {
    1 + match &node.kind {
        Kind::Seq(items) => items.iter().map(depth).max().unwrap_or(0),
        Kind::Map(map) => map.entries().iter().map(|e| depth(&e.value)).max().unwrap_or(0),
        _ => 0,
    }
}
