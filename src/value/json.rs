//! JSON into the tree; the only file that names jsonc-parser. Strict: no comments, no trailing commas.

use jsonc_parser::ast::{ObjectPropName, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};

use super::place::{char_at, token_after, visible};
use super::{Kind, MAX_DEPTH, Map, Node, duplicate, too_deep};
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
            syntax(id, text, shift + error.range().start, error.kind(), sink);
            return None;
        }
    };
    let mut reader = Reader { id, shift, sink };
    match &tree.value {
        Some(value) => reader.node(value),
        None => Some(Node::new(Kind::Map(Map::default()), Span::new(id, 0, 0))),
    }
}

/// Reports why a text is not JSON; `at` is the byte where the reader stopped.
fn syntax(id: SourceId, text: &str, at: usize, kind: &ParseErrorKind, sink: &mut Sink) {
    use ParseErrorKind as P;
    let at = text.floor_char_boundary(at.min(text.len()));
    let token = token_after(text, at);
    let word = text.get(token.clone()).unwrap_or("");
    let (message, place, remark, help) = match kind {
        P::ExpectedComma => (
            format!("a `,` is missing before `{word}`"),
            token.clone(),
            "a new entry",
            "entries are separated by `,`".to_owned(),
        ),
        P::TrailingCommasNotAllowed => (
            "a `,` stands after the last entry".to_owned(),
            token.clone(),
            "nothing follows",
            "take it out: JSON takes a comma only between entries".to_owned(),
        ),
        P::CommentsNotAllowed => (
            "a comment stands in JSON, which has none".to_owned(),
            at..text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| at + end),
            "a comment",
            "take it out, or write the manifest in YAML or TOML".to_owned(),
        ),
        P::SingleQuotedStringsNotAllowed => (
            "text stands in single quotes".to_owned(),
            token.clone(),
            "JSON knows double quotes only",
            format!("write `\"{}\"`", word.trim_matches('\'')),
        ),
        P::UnterminatedObject | P::UnterminatedArray => {
            let (open, close) = if matches!(kind, P::UnterminatedObject) { ('{', '}') } else { ('[', ']') };
            let help = format!("write `{close}` where it ends");
            (format!("`{open}` is not closed"), char_at(text, at), "opened here", help)
        }
        P::ExpectedColonAfterObjectKey => (
            "a `:` is missing after a key".to_owned(),
            token.clone(),
            "a key",
            format!("write `{word}: <value>`"),
        ),
        P::UnexpectedWord | P::UnexpectedToken => (
            format!("`{word}` is no JSON value"),
            token.clone(),
            "neither text in quotes, nor a number, `true`, `false` or `null`",
            format!("put text in double quotes: `\"{word}\"`"),
        ),
        P::ExpectedStringObjectProperty | P::UnexpectedTokenInObject => (
            format!("`{word}` is no JSON key"),
            token.clone(),
            "keys are text in double quotes",
            format!("write `\"{word}\"`"),
        ),
        other => {
            let said = other.to_string();
            let mut letters = said.chars();
            let first = letters.next().map(|c| c.to_ascii_lowercase());
            let said: String = first.into_iter().chain(letters).collect();
            sink.push(
                Diagnostic::new(
                    &codes::SYNTAX,
                    spanned(id, visible(text, at..at)),
                    "this is not well-formed JSON",
                )
                .here(said)
                .help("look at the lines above too; an editor that knows JSON shows where it breaks"),
            );
            return;
        }
    };
    sink.push(
        Diagnostic::new(&codes::SYNTAX, spanned(id, visible(text, place)), message).here(remark).help(help),
    );
}

fn spanned(id: SourceId, range: std::ops::Range<usize>) -> Span {
    Span::new(id, range.start, range.end)
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
                    .here("does not fit 64 bits")
                    .help("write a finite number, or put text in quotes"),
            );
        }
        number
    }
}
