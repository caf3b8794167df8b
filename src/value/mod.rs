//! One tree with spans that YAML, TOML and JSON parse into.
//!
//! Every key and every value knows its bytes in the source, so a schema error, a serde error and a
//! semantic finding all point at the same place by the same means. Trees of several files become one
//! by [`overlay`]; each value keeps the place of its own file, and remembers what it replaced.

mod de;
mod json;
mod map;
mod merge;
mod past;
mod place;
mod pointer;
mod tape;
mod toml;
mod yaml;

pub use de::{DecodeError, HELP, decode, decode_tape};
pub use map::{Entry, Map};
pub use merge::{item_name, overlay};
pub use past::{Deleted, Past};
pub use pointer::{Found, pointer, pointer_below, push_step, split_pointer, steps};

use crate::diag::{Diagnostic, Sink, codes};
use crate::text::{SourceId, Span};

/// How deep maps and lists may be nested.
pub const MAX_DEPTH: usize = 64;

/// How many values a document may have, copies by aliases included.
pub const MAX_NODES: usize = 5_000_000;

/// How long a document may be, in bytes.
pub const MAX_BYTES: usize = 64 << 20;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its bytes in the source.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
    /// The place of the alias or merge key that copied it here.
    pub via: Option<Span>,
    /// What it replaced, where several files or variables had a say.
    pub past: Option<Box<Past>>,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number that fits 64 bits with a sign.
    Int(i64),
    /// A whole number above that.
    UInt(u64),
    /// A number; never NaN or infinite.
    Float(f64),
    /// Text.
    Str(String),
    /// A list.
    Seq(Vec<Node>),
    /// A map in the order of the source.
    Map(Map),
}

/// The syntax of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// YAML 1.2, core schema.
    Yaml,
    /// TOML 1.0.
    Toml,
    /// JSON, strict.
    Json,
}

impl Format {
    /// The format of a file by its ending.
    pub fn from_path(path: &str) -> Option<Self> {
        match path.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "yaml" | "yml" => Some(Self::Yaml),
            "toml" => Some(Self::Toml),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

impl Node {
    /// A value at a place.
    pub fn new(kind: Kind, span: Span) -> Self {
        Self { span, kind, via: None, past: None }
    }

    /// The map, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.kind {
            Kind::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a key, if it is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.get(key)
    }

    /// Where to point at: the alias or merge key that put it here, or else the value itself; of a
    /// collection only the first byte, so that no label covers a page.
    pub fn place(&self) -> Span {
        match (self.via, &self.kind) {
            (Some(via), _) => via,
            (None, Kind::Seq(_) | Kind::Map(_)) => {
                Span { end: self.span.start.saturating_add(1).min(self.span.end), ..self.span }
            }
            (None, _) => self.span,
        }
    }

    /// The record of what happened to it, to add to.
    pub fn past_mut(&mut self) -> &mut Past {
        self.past.get_or_insert_default()
    }

    /// Every place in it, to change.
    pub fn each_span(&mut self, change: &mut impl FnMut(&mut Span)) {
        change(&mut self.span);
        self.via.iter_mut().for_each(&mut *change);
        match &mut self.kind {
            Kind::Seq(items) => items.iter_mut().for_each(|item| item.each_span(change)),
            Kind::Map(map) => map.each_entry(&mut |entry| {
                change(&mut entry.key.span);
                entry.value.each_span(change);
            }),
            Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::UInt(_) | Kind::Float(_) | Kind::Str(_) => {}
        }
    }

    /// The value without its places.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Int(value) => (*value).into(),
            Kind::UInt(value) => (*value).into(),
            Kind::Float(value) => (*value).into(),
            Kind::Str(value) => Value::String(value.clone()),
            Kind::Seq(items) => items.iter().map(Self::to_json).collect(),
            Kind::Map(map) => Value::Object(
                map.entries().iter().map(|e| (e.key.value.clone(), e.value.to_json())).collect(),
            ),
        }
    }
}

/// Parses a source. Reports every problem it can; `None` where no tree can be had.
///
/// An empty document is an empty map.
pub fn parse(format: Format, id: SourceId, text: &str, sink: &mut Sink) -> Option<Node> {
    if text.len() > MAX_BYTES {
        sink.push(
            Diagnostic::new(
                &codes::TOO_LARGE,
                Span::at(id, 0),
                format!("the file has {} MiB", text.len() >> 20),
            )
            .here(format!("at most {} MiB", MAX_BYTES >> 20))
            .help("split the network, or generate the manifest with fewer repetitions (stacks)"),
        );
        return None;
    }
    let before = sink.len();
    let tree = match format {
        Format::Yaml => yaml::parse(id, text, sink),
        Format::Toml => toml::parse(id, text, sink),
        Format::Json => json::parse(id, text, sink),
    };
    if let (None, Some(marker)) = (&tree, conflict(text)) {
        sink.truncate(before);
        sink.push(
            Diagnostic::new(
                &codes::SYNTAX,
                Span::new(id, marker.start, marker.end),
                "a merge conflict was left in the file",
            )
            .here("written by git")
            .help("keep one of the two versions and take out the lines of `<`, `=` and `>`"),
        );
    }
    tree
}

/// The first line of a merge conflict.
fn conflict(text: &str) -> Option<std::ops::Range<usize>> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("<<<<<<< ") {
            return Some(start..start + line.trim_end().len());
        }
        start += line.len();
    }
    None
}

/// Reports a key that stands twice.
fn duplicate(sink: &mut Sink, key: &str, first: Span, second: Span) {
    sink.push(
        Diagnostic::new(&codes::DUPLICATE_KEY, second, format!("key `{key}` stands twice"))
            .here("again here")
            .label(first, "first here")
            .help("keep one of the two, or join them"),
    );
}

/// Reports nesting beyond [`MAX_DEPTH`].
fn too_deep(sink: &mut Sink, span: Span) {
    sink.push(
        Diagnostic::new(&codes::TOO_LARGE, span, "nested too deeply")
            .here(format!("more than {MAX_DEPTH} levels"))
            .help("no part of a manifest is nested so deeply; is a bracket left open?"),
    );
}

#[cfg(test)]
mod tests;
