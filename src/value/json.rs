//! JSON into the tree; the only file that names jsonc-parser. Strict: no comments, no trailing commas.

use jsonc_parser::ast::{ObjectPropName, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};

use super::{Kind, MAX_DEPTH, Map, Node, UNCLOSED, duplicate, too_deep};
use crate::diag::{Diagnostic, Sink, codes};
use crate::text::{SourceId, Span, Spanned};

pub(super) fn parse(id: SourceId, text: &str, sink: &mut Sink) -> Option<Node> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let shift = text.len() - body.len();
    // The parser recurses by nesting: look at the depth before it does.
    if let Some(at) = deeper_than(body, MAX_DEPTH) {
        too_deep(sink, Span::new(id, shift + at, shift + at + 1));
        return None;
    }
    let collect = CollectOptions { comments: CommentCollectionStrategy::Off, tokens: false };
    let strict = ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let tree = match parse_to_ast(body, &collect, &strict) {
        Ok(tree) => tree,
        Err(error) => {
            let range = error.range();
            let span =
                Span::new(id, shift + range.start, shift + range.end.max(range.start + 1).min(body.len()));
            sink.push(
                Diagnostic::new(&codes::SYNTAX, span, "this is not well-formed JSON")
                    .here(error.kind().to_string())
                    .help(UNCLOSED),
            );
            return None;
        }
    };
    let mut reader = Reader { id, shift, sink };
    match &tree.value {
        Some(value) => reader.node(value),
        None => Some(Node::new(Kind::Map(Map::default()), Span::new(id, 0, 0))),
    }
}

/// The offset at which nesting first goes beyond a depth; strings are skipped.
fn deeper_than(text: &str, most: usize) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                if depth > most {
                    return Some(at);
                }
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

struct Reader<'a> {
    id: SourceId,
    shift: usize,
    sink: &'a mut Sink,
}

impl Reader<'_> {
    fn span(&self, ranged: &impl Ranged) -> Span {
        let range = ranged.range();
        Span::new(self.id, self.shift + range.start, self.shift + range.end)
    }

    fn node(&mut self, value: &Value<'_>) -> Option<Node> {
        let span = self.span(value);
        let kind = match value {
            Value::NullKeyword(_) => Kind::Null,
            Value::BooleanLit(literal) => Kind::Bool(literal.value),
            Value::StringLit(literal) => Kind::Str(literal.value.to_string()),
            Value::NumberLit(literal) => self.number(literal.value, span)?,
            Value::Array(array) => {
                Kind::Seq(array.elements.iter().filter_map(|item| self.node(item)).collect())
            }
            Value::Object(object) => {
                let mut map = Map::default();
                for property in &object.properties {
                    let (name, key_span) = match &property.name {
                        ObjectPropName::String(literal) => (literal.value.to_string(), self.span(literal)),
                        ObjectPropName::Word(word) => (word.value.to_string(), self.span(word)),
                    };
                    let Some(value) = self.node(&property.value) else { continue };
                    if let Err(first) = map.insert(Spanned::new(name.clone(), key_span), value) {
                        duplicate(self.sink, &name, first.span, key_span);
                    }
                }
                Kind::Map(map)
            }
        };
        Some(Node::new(kind, span))
    }

    fn number(&mut self, text: &str, span: Span) -> Option<Kind> {
        let number = text
            .parse()
            .map(Kind::Int)
            .or_else(|_| text.parse().map(Kind::UInt))
            .ok()
            .or_else(|| text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Kind::Float));
        if number.is_none() {
            self.sink.push(
                Diagnostic::new(&codes::INVALID_VALUE, span, "this number is out of range")
                    .here("does not fit 64 bits"),
            );
        }
        number
    }
}
