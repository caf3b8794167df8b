//! TOML into the tree; the only file that names the toml reader.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::place::{token_after, visible};
use super::{Kind, MAX_DEPTH, Map, Node, duplicate, too_deep};
use crate::diag::{Diagnostic, Sink, codes};
use crate::text::{SourceId, Span, Spanned};

pub(super) fn parse(id: SourceId, text: &str, sink: &mut Sink) -> Option<Node> {
    let (table, errors) = DeTable::parse_recoverable(text);
    // What follows a mistake is often its consequence: of all but doubled keys, the first is shown.
    let mut first = true;
    for error in &errors {
        let range = error.span().unwrap_or(0..0);
        if error.message() == "duplicate key" {
            doubled(id, text, &range, sink);
        } else if first {
            syntax(id, text, range, error.message(), sink);
            first = false;
        }
    }
    if !errors.is_empty() {
        return None;
    }
    // The mark before the text is no part of it.
    let start = text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len();
    let span = Span::new(id, start, text.len());
    Reader { id, sink }.table(table.get_ref(), span, 0)
}

/// Reports a key or table that stands twice, with the first of the two where it can be found.
fn doubled(id: SourceId, text: &str, range: &Range<usize>, sink: &mut Sink) {
    let name = text.get(range.clone()).unwrap_or("");
    let before = text.get(..range.start).unwrap_or("");
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let key_of = |line: &str| line.split('=').next().unwrap_or("").trim().to_owned();
    let own = key_of(text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or(""));
    // In an inline table the first one stands on the same line.
    let mut first =
        text.get(line_start..range.start).and_then(|line| line.rfind(name)).map(|at| line_start + at);
    let mut end = line_start;
    for line in before.get(..line_start).unwrap_or("").split_inclusive('\n').rev() {
        end -= line.len();
        if first.is_some() || (line.starts_with('[') && !own.starts_with('[')) {
            break;
        }
        if key_of(line) == own {
            first = line.rfind(name).map(|at| end + at);
        }
    }
    let second = Span::new(id, range.start, range.end);
    let first = first.map_or(Span::nowhere(), |at| Span::new(id, at, at + name.len()));
    duplicate(sink, name.trim_matches(['"', '\'']), first, second);
}

/// Reports why a text is not TOML, in the words of its reader where they are plain.
fn syntax(id: SourceId, text: &str, range: Range<usize>, said: &str, sink: &mut Sink) {
    let start = range.start.min(text.len());
    let line_start = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let line = text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or("");
    let indent = line.len() - line.trim_start().len();
    let whole = line_start + indent..line_start + line.trim_end().len();
    let word = text.get(range.clone()).unwrap_or("").trim();
    let yaml = line.split_once(':').is_some_and(|(key, _)| !key.contains('=') && !key.contains(['"', '\'']));
    let (message, place, remark, help) = if yaml {
        let help = "give a YAML file the ending `.yaml`; TOML writes `key = value` and `[table]`";
        ("this line is YAML, not TOML".to_owned(), whole, "`key: value`", help.to_owned())
    } else if said.starts_with("string values must be quoted") {
        let place = token_after(text, start);
        let word = text.get(place.clone()).unwrap_or("");
        (
            "text without quotes".to_owned(),
            place,
            "neither a number nor `true` or `false`",
            format!("write `\"{word}\"`"),
        )
    } else if said.starts_with("unclosed table") || said.starts_with("unclosed array table") {
        let help = format!("write `{}]`", line.trim());
        ("a table header is not closed".to_owned(), whole, "no `]`", help)
    } else if said.contains("inline table") || said.contains("in array") || said.starts_with("unclosed array")
    {
        if let Some((at, open)) = open_bracket(text.get(..start).unwrap_or("")) {
            let close = if open == '[' { ']' } else { '}' };
            let stopped = visible(text, token_after(text, start));
            sink.push(
                Diagnostic::new(
                    &codes::SYNTAX,
                    Span::new(id, at, at + 1),
                    format!("`{open}` is not closed, or a `,` is missing after it"),
                )
                .here("opened here")
                .label(spanned(id, stopped), "cannot be a part of it")
                .help(format!("write `{close}` where it ends, and `,` between its entries")),
            );
            return;
        }
        let help = "close it with `}` or `]`, or write it as a `[table]` of its own";
        ("an inline table or list is broken".to_owned(), range, "stopped here", help.to_owned())
    } else {
        let help = if word.is_empty() {
            "TOML writes `key = value` and `[table]`".to_owned()
        } else {
            "text with special characters belongs in quotes".to_owned()
        };
        sink.push(
            Diagnostic::new(
                &codes::SYNTAX,
                spanned(id, visible(text, range)),
                "this is not well-formed TOML",
            )
            .here(said.to_owned())
            .help(help),
        );
        return;
    };
    sink.push(
        Diagnostic::new(&codes::SYNTAX, spanned(id, visible(text, place)), message).here(remark).help(help),
    );
}

/// The innermost bracket that a text opens and does not close.
fn open_bracket(text: &str) -> Option<(usize, char)> {
    let mut open = Vec::new();
    let mut quote = None;
    let mut comment = false;
    for (at, letter) in text.char_indices() {
        match (letter, quote) {
            ('\n', _) => (comment, quote) = (false, None),
            _ if comment => {}
            (_, Some(sign)) if letter == sign => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'', None) => quote = Some(letter),
            ('#', None) => comment = true,
            ('[' | '{', None) => open.push((at, letter)),
            (']' | '}', None) => {
                open.pop();
            }
            _ => {}
        }
    }
    open.pop()
}

fn spanned(id: SourceId, range: Range<usize>) -> Span {
    Span::new(id, range.start, range.end)
}

struct Reader<'a> {
    id: SourceId,
    sink: &'a mut Sink,
}

impl Reader<'_> {
    fn table(&mut self, table: &DeTable<'_>, span: Span, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH {
            too_deep(self.sink, span);
            return None;
        }
        let mut map = Map::default();
        for (key, value) in table {
            let key_span = Span::new(self.id, key.span().start, key.span().end);
            let Some(node) = self.value(value.get_ref(), value.span(), depth) else { continue };
            let name = key.get_ref().to_string();
            if let Err(first) = map.insert(Spanned::new(name.clone(), key_span), node) {
                duplicate(self.sink, &name, first.span, key_span);
            }
        }
        Some(Node::new(Kind::Map(map), span))
    }

    fn value(&mut self, value: &DeValue<'_>, range: Range<usize>, depth: usize) -> Option<Node> {
        let span = Span::new(self.id, range.start, range.end);
        let kind = match value {
            DeValue::String(text) => Kind::Str(text.to_string()),
            DeValue::Boolean(value) => Kind::Bool(*value),
            DeValue::Datetime(time) => Kind::Str(time.to_string()),
            DeValue::Integer(number) => {
                let digits = number.as_str();
                match i64::from_str_radix(digits, number.radix()) {
                    Ok(number) => Kind::Int(number),
                    Err(_) => match u64::from_str_radix(digits, number.radix()) {
                        Ok(number) => Kind::UInt(number),
                        Err(_) => return self.out_of_range(span),
                    },
                }
            }
            DeValue::Float(number) => match number.as_str().parse::<f64>() {
                Ok(number) if number.is_finite() => Kind::Float(number),
                _ => return self.out_of_range(span),
            },
            DeValue::Array(items) => {
                if depth >= MAX_DEPTH {
                    too_deep(self.sink, span);
                    return None;
                }
                let nodes =
                    items.iter().filter_map(|item| self.value(item.get_ref(), item.span(), depth + 1));
                Kind::Seq(nodes.collect())
            }
            DeValue::Table(table) => return self.table(table, span, depth + 1),
        };
        Some(Node::new(kind, span))
    }

    fn out_of_range(&mut self, span: Span) -> Option<Node> {
        self.sink.push(
            Diagnostic::new(&codes::INVALID_VALUE, span, "this number is out of range")
                .here("not a finite 64-bit number")
                .help("write a finite number, or put text in quotes"),
        );
        None
    }
}
