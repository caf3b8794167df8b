//! Constraints of a schema in words of the language, and what to do about a value that breaks one.

use jsonschema::error::{TypeKind, ValidationError, ValidationErrorKind as Kind};
use serde_json::Value;

use super::guess::{self, quantity};
use super::lookup::{described, first_line, holder, schema_at};
use crate::diag::{Diagnostic, list_names};
use crate::manifest::NamePattern;
use crate::value::steps;

/// Patterns of the schema in words; a test finds one that is missing.
const FORMS: &[(&str, &str)] = &[
    ("^/", "an absolute path: `/...`"),
    ("^[A-Z][A-Za-z0-9]{0,99}$", "a name in CamelCase: letters and digits, at most 100"),
    ("^[A-Za-z0-9_][A-Za-z0-9._-]*$", "the name of a file without a folder: letters, digits, `.`, `_`, `-`"),
    ("^/[A-Za-z0-9._/-]+$", "an absolute path of letters, digits, `.`, `_`, `-`"),
    ("^https?://", "a URL: `https://...`"),
    ("^https?://[^/?#]+/[^/?#]+$", "an endpoint and a bucket: `https://<host>/<bucket>`"),
    ("^[A-Za-z_][A-Za-z0-9_]*$", "the name of a variable: letters, digits and `_`"),
    ("^[a-z_][a-z0-9_-]{0,31}$", "a user name: lower-case letters, digits, `_`, `-`, at most 32"),
    (
        "^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$",
        "a day of the week or several in a row: `mon`, `mon-fri`",
    ),
    ("^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", "a time of the day: `08:00`, at most `24:00`"),
    ("^sha256:[0-9a-f]{64}$", "`sha256:` and 64 hex digits in lower case"),
];

/// What a plain constraint wants, after "must be".
pub(super) fn wanted(kind: &Kind, schema: &Value, error: &ValidationError<'_>) -> String {
    match kind {
        Kind::Type { kind: TypeKind::Single(wanted) } => {
            match (quantity_type(error), schema_at(schema, error)) {
                (Some(_), Some(quantity)) => {
                    doc_as_words(quantity).unwrap_or_else(|| type_words(&wanted.to_string()))
                }
                _ => type_words(&wanted.to_string()),
            }
        }
        Kind::Type { kind: TypeKind::Multiple(_) } => "of another type".to_owned(),
        Kind::Enum { options } => {
            let words = options.as_array().into_iter().flatten().filter_map(Value::as_str);
            format!("one of {}", list_names(words, 12))
        }
        Kind::Constant { expected_value } => format!("`{expected_value}`"),
        Kind::Minimum { limit } => format!("at least {limit}"),
        Kind::Maximum { limit } => format!("at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("less than {limit}"),
        Kind::MinItems { limit: 1 } => "a list that is not empty".to_owned(),
        Kind::MinItems { limit } => format!("a list of at least {limit}"),
        Kind::MaxItems { limit } => format!("a list of at most {limit}"),
        Kind::MinLength { limit } => format!("at least {limit} letters long"),
        Kind::MaxLength { limit } => format!("at most {limit} letters long"),
        Kind::Pattern { pattern } if pattern == NamePattern::REGEX => {
            "a name of lower-case letters, digits and `-`".to_owned()
        }
        Kind::Pattern { pattern } => {
            let doc = quantity_type(error).and_then(|_| doc_as_words(schema_at(schema, error)?));
            let form = FORMS.iter().find(|(known, _)| known == pattern).map(|(_, words)| (*words).to_owned());
            doc.or(form).unwrap_or_else(|| format!("text of the form `{pattern}`"))
        }
        Kind::UniqueItems => "a list without repetitions".to_owned(),
        other => format!("valid (`{}`)", other.keyword()),
    }
}

/// What stands there instead.
pub(super) fn remark(kind: &Kind, value: &Value) -> String {
    match (kind, value) {
        (Kind::Enum { .. }, Value::String(_)) => "not one of them".to_owned(),
        (Kind::Pattern { .. }, _) => "not of this form".to_owned(),
        _ => describe(value),
    }
}

/// Adds the most helpful thing that can be said.
pub(super) fn help_for(
    diagnostic: Diagnostic,
    kind: &Kind,
    schema: &Value,
    error: &ValidationError<'_>,
) -> Diagnostic {
    let (value, path) = (error.instance(), error.instance_path().as_str());
    if let Some(near) = quantity_type(error).and_then(|name| quantity(name, value)) {
        return diagnostic.help(format!("did you mean `{near}`?"));
    }
    if let (Kind::Enum { options }, Some(word)) = (kind, value.as_str()) {
        let options = options.as_array().into_iter().flatten().filter_map(Value::as_str);
        if let Some(near) = guess::word(word, options) {
            return diagnostic.help(format!("did you mean `{near}`?"));
        }
    }
    if let Kind::Type { kind: TypeKind::Single(wanted) } = kind
        && let Some(help) = other_type(&wanted.to_string(), value)
    {
        return diagnostic.help(help);
    }
    if let (Kind::Type { .. }, true, Some(keys)) = (kind, value.is_string(), required(schema, error)) {
        return diagnostic.help(format!("write `{{ {keys} }}`"));
    }
    if let Some(examples) = examples(schema, error) {
        return diagnostic.help(format!("for example {examples}"));
    }
    if let Kind::Constant { expected_value } = kind {
        return diagnostic.help(format!("write `{expected_value}`"));
    }
    diagnostic.help(documentation(schema, path))
}

/// What the schema says of a value, or of the nearest thing around it that it says something of.
pub(super) fn documentation(schema: &Value, path: &str) -> String {
    if path.is_empty() {
        return "a manifest begins with `netgen: 1`; `netgen schema` prints all of the language".to_owned();
    }
    match described(schema, path) {
        Some(doc) => format!("{}: {doc}", subject(path)),
        None => documentation(schema, path.rsplit_once('/').map_or("", |(parent, _)| parent)),
    }
}

/// A value of one type where another belongs: what is usually meant.
fn other_type(wanted: &str, value: &Value) -> Option<String> {
    Some(match (wanted, value) {
        (_, Value::Null) => "write a value, or take the key out".to_owned(),
        ("string", Value::Number(_) | Value::Bool(_)) => guess::quoted(value),
        ("integer" | "number", Value::String(text)) if text.parse::<f64>().is_ok() => {
            format!("take the quotes away: `{text}`")
        }
        ("boolean", Value::String(text)) => return guess::truth(text),
        ("object", Value::Array(items)) if items.iter().all(Value::is_object) => {
            "write `name: { ... }` for each, not `- name: ...`".to_owned()
        }
        ("array", Value::String(_) | Value::Number(_)) => "write a list: `[...]`".to_owned(),
        _ => return None,
    })
}

/// What a map must hold, as it is written: `secret: ..., channel: ...`.
fn required(schema: &Value, error: &ValidationError<'_>) -> Option<String> {
    let keys = schema_at(schema, error)?.get("required")?.as_array()?;
    let keys: Vec<String> = keys.iter().filter_map(Value::as_str).map(|key| format!("{key}: ...")).collect();
    (!keys.is_empty()).then(|| keys.join(", "))
}

/// The name of the quantity whose form was broken: `Duration`, `ByteSize`, `Percent`.
fn quantity_type<'e>(error: &'e ValidationError<'_>) -> Option<&'e str> {
    let name = holder(error).strip_prefix("/$defs/")?;
    ["Duration", "ByteSize", "Percent"].into_iter().find(|known| *known == name)
}

/// `A length of time: ...` as `a length of time: ...`.
fn doc_as_words(schema: &Value) -> Option<String> {
    let doc = first_line(schema.get("description")?.as_str()?).trim_end_matches('.');
    let mut letters = doc.chars();
    let first = letters.next()?;
    Some(first.to_lowercase().chain(letters).collect())
}

fn type_words(name: &str) -> String {
    match name {
        "object" => "a map (`key: value`)",
        "array" => "a list",
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "`true` or `false`",
        _ => "of another type",
    }
    .to_owned()
}

pub(super) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing stands here".to_owned(),
        Value::Bool(b) => format!("this is the truth value `{b}`"),
        Value::Number(n) => format!("this is the number {n}"),
        // Long text is not repeated, and text where a map belongs may be a secret.
        Value::String(text) if text.chars().count() <= 40 => "this is text".to_owned(),
        Value::String(text) => format!("this is text of {} letters", text.chars().count()),
        Value::Array(_) => "this is a list".to_owned(),
        Value::Object(_) => "this is a map".to_owned(),
    }
}

fn examples(schema: &Value, error: &ValidationError<'_>) -> Option<String> {
    let examples = schema_at(schema, error)?.get("examples")?.as_array()?;
    let texts: Vec<String> = examples.iter().take(3).map(|e| format!("`{}`", plain_text(e))).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

fn plain_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// ` in hosts.a` for a path; nothing at the top.
pub(super) fn of(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(" in `{}`", dotted(path)) }
}

pub(super) fn subject(path: &str) -> String {
    if path.is_empty() { "the manifest".to_owned() } else { format!("`{}`", dotted(path)) }
}

fn dotted(pointer: &str) -> String {
    let plain = |part: &str| part.chars().all(|c| c.is_alphanumeric() || "-_".contains(c));
    let parts = steps(pointer).map(|part| if plain(&part) { part } else { format!("\"{part}\"").into() });
    parts.collect::<Vec<_>>().join(".")
}
