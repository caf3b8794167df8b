//! How values become text, and the filters that templates may use.

use std::borrow::Cow;

use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind};

use crate::emit::format::{self, alloy, haproxy, json, markdown, nft, promql, shell, yaml};

/// The longest text that a filter makes.
const LIMIT: usize = 16 * 1024 * 1024;

fn refuse(message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

fn unwritable(error: &format::Error) -> Error {
    refuse(error.to_string())
}

/// A value as text: strings, numbers and booleans only.
fn text(value: &Value) -> Result<Cow<'_, str>, Error> {
    match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::None => Err(refuse("the value is none; give it a default or leave the place out")),
        ValueKind::Bool => Ok(Cow::Borrowed(if value.is_true() { "true" } else { "false" })),
        ValueKind::Number => Ok(Cow::Owned(value.to_string())),
        ValueKind::String => match value.as_str() {
            Some(text) => Ok(Cow::Borrowed(text)),
            None => Ok(Cow::Owned(value.to_string())),
        },
        kind => Err(refuse(format!("a {kind} is no text here; pick a field or use join"))),
    }
}

/// Every item of a list, or the one value, through `write`, with `between` between them.
fn each(
    value: &Value,
    between: &str,
    write: impl Fn(&str) -> Result<String, format::Error>,
) -> Result<String, Error> {
    let one = |value: &Value| write(&text(value)?).map_err(|e| unwritable(&e));
    if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return one(value);
    }
    let mut parts = Vec::new();
    for item in value.try_iter()? {
        parts.push(one(&item)?);
    }
    Ok(parts.join(between))
}

fn as_json(value: &Value) -> Result<serde_json::Value, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    serde_json::to_value(value).map_err(|e| Error::new(ErrorKind::BadSerialization, e.to_string()))
}

/// An address, number or name stands bare in a rule; anything else is a string.
fn nft_token(text: &str) -> Result<String, format::Error> {
    let bare = |b: u8| b.is_ascii_alphanumeric() || b"_-.:/@".contains(&b);
    if !text.is_empty() && text.bytes().all(bare) { Ok(text.to_owned()) } else { nft::string(text) }
}

/// What a value looks like in a template with this kind of escaping.
pub(super) fn escape<'a>(mode: Option<&str>, value: &'a Value) -> Result<Cow<'a, str>, Error> {
    if value.is_safe() {
        return Ok(Cow::Borrowed(value.as_str().unwrap_or("")));
    }
    Ok(Cow::Owned(match mode {
        None => return text(value),
        Some("sh") => each(value, " ", |word| shell::quote(word).map(Cow::into_owned))?,
        Some("cfg") => each(value, " ", |word| haproxy::quote(word).map(Cow::into_owned))?,
        Some("nft") => each(value, ", ", nft_token)?,
        Some("md") => each(value, ", ", |words| Ok(markdown::text(words)))?,
        Some("alloy") => alloy::literal(&as_json(value)?).map_err(|e| unwritable(&e))?,
        Some("json") => json::for_yaml(&as_json(value)?).map_err(|e| unwritable(&e))?,
        Some(other) => return Err(refuse(format!("there is no escaping {other:?}"))),
    }))
}

fn safe(text: String) -> Value {
    Value::from_safe_string(text)
}

fn by_mode(mode: &'static str) -> impl Fn(&Value) -> Result<Value, Error> + Send + Sync + 'static {
    move |value| {
        // The filter was asked for, so text that another filter made is quoted as well.
        let plain = value.as_str().map(Value::from);
        escape(Some(mode), plain.as_ref().unwrap_or(value)).map(|text| safe(text.into_owned()))
    }
}

fn by_text(write: fn(&str) -> Result<String, format::Error>) -> impl Fn(&Value) -> Result<Value, Error> {
    move |value| write(&text(value)?).map(safe).map_err(|e| unwritable(&e))
}

/// Indents all lines but the first (with `first=true` that too); empty lines stay empty.
#[expect(clippy::needless_pass_by_value, reason = "the shape that minijinja calls")]
fn indent(value: &Value, width: Option<usize>, kwargs: Kwargs) -> Result<Value, Error> {
    let width = match width {
        Some(width) => width,
        None => kwargs.get::<Option<usize>>("width")?.unwrap_or(4),
    };
    let first = kwargs.get::<Option<bool>>("first")?.unwrap_or(false);
    kwargs.assert_all_used()?;
    let input = text(value)?;
    if width > 64 || input.len().saturating_mul(width + 1) > LIMIT {
        return Err(refuse("that is too wide an indent"));
    }
    let pad = " ".repeat(width);
    let mut out = String::with_capacity(input.len());
    for (at, line) in input.split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
        }
        if !line.is_empty() && (at > 0 || first) {
            out.push_str(&pad);
        }
        out.push_str(line);
    }
    Ok(if value.is_safe() { safe(out) } else { Value::from(out) })
}

/// minijinja's `join` writes `True` and knows no bounds.
fn join(values: &Value, between: Option<&str>) -> Result<Value, Error> {
    let mut out = String::new();
    for (at, item) in values.try_iter()?.enumerate() {
        if at > 0 {
            out.push_str(between.unwrap_or(""));
        }
        out.push_str(&text(&item)?);
        if out.len() > LIMIT {
            return Err(refuse("the text is too long"));
        }
    }
    Ok(Value::from(out))
}

/// minijinja's `replace` knows no bounds.
fn replace(value: &Value, from: &str, to: &str) -> Result<Value, Error> {
    let input = text(value)?;
    let grown = input.matches(from).count().saturating_mul(to.len());
    if grown.saturating_add(input.len()) > LIMIT {
        return Err(refuse("the text is too long"));
    }
    Ok(Value::from(input.replace(from, to)))
}

fn string(value: &Value) -> Result<Value, Error> {
    text(value).map(Value::from)
}

/// `90`, `"90s"`, `"1h30m"`, `"2d"` in whole seconds.
fn duration_seconds(value: &Value) -> Result<u64, Error> {
    let input = text(value)?;
    seconds(&input).ok_or_else(|| refuse(format!("{input:?} is no duration such as 90s or 1h30m")))
}

fn seconds(input: &str) -> Option<u64> {
    let mut total = 0_u64;
    let mut rest = input.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (number, tail) = rest.split_at_checked(rest.bytes().take_while(u8::is_ascii_digit).count())?;
        let unit: String = tail.chars().take_while(char::is_ascii_alphabetic).collect();
        let factor = match unit.as_str() {
            "" | "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            "w" => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(factor)?)?;
        rest = tail.get(unit.len()..)?;
        if unit.is_empty() && !rest.is_empty() {
            return None;
        }
    }
    Some(total)
}

pub(super) fn add(env: &mut Environment<'_>) {
    // HTML is no target of ours, and an `e` by habit would be a wrong quote.
    for name in ["e", "escape", "pprint", "tojson", "urlencode"] {
        env.remove_filter(name);
    }
    env.remove_global("debug");
    env.add_filter("raw", |value: &Value| text(value).map(|text| safe(text.into_owned())));
    env.add_filter("safe", |value: &Value| text(value).map(|text| safe(text.into_owned())));
    env.add_filter("sh", by_mode("sh"));
    env.add_filter("cfg", by_mode("cfg"));
    env.add_filter("md", by_mode("md"));
    env.add_filter("json", by_mode("json"));
    env.add_filter("nft", by_text(nft::string));
    env.add_filter("md_cell", by_text(|text| Ok(markdown::cell(text))));
    env.add_filter("md_code", by_text(|text| Ok(markdown::code(text))));
    env.add_filter("md_code_cell", by_text(|text| Ok(markdown::code_cell(text))));
    env.add_filter("promql", by_text(|text| Ok(promql::string(text))));
    env.add_filter("ansible", |value: &Value| {
        let json = by_mode("json")(value)?;
        let tagged = value.as_str().is_some_and(yaml::ansible_evaluates);
        Ok::<_, Error>(if tagged { safe(format!("!unsafe {json}")) } else { json })
    });
    env.add_filter("indent", indent);
    env.add_filter("join", join);
    env.add_filter("replace", replace);
    env.add_filter("string", string);
    env.add_filter("duration_seconds", duration_seconds);
}
