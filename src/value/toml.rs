//! TOML into the tree; the only file that names the toml reader.

use toml::de::{DeTable, DeValue};

use super::{Kind, MAX_DEPTH, Map, Node, duplicate, too_deep};
use crate::diag::{Diagnostic, Sink, codes};
use crate::text::{SourceId, Span, Spanned};

pub(super) fn parse(id: SourceId, text: &str, sink: &mut Sink) -> Option<Node> {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let range = error.span().unwrap_or(0..0);
        let span = Span::new(id, range.start.min(text.len()), range.end.min(text.len()));
        sink.push(
            Diagnostic::new(&codes::SYNTAX, span, "this is not well-formed TOML")
                .here(error.message().to_owned())
                .help("text stands in quotes, and each line says one thing: `name = \"value\"`"),
        );
    }
    if !errors.is_empty() {
        return None;
    }
    let span = Span::new(id, 0, text.len());
    Reader { id, sink }.table(table.get_ref(), span, 0)
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

    fn value(&mut self, value: &DeValue<'_>, range: std::ops::Range<usize>, depth: usize) -> Option<Node> {
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
                .here("not a finite 64-bit number"),
        );
        None
    }
}
