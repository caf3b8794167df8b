//! Settings: types checked, defaults filled in, units made plain.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::resolve::{Context, Tables};
use super::services::{Draft, Likeness};
use crate::catalog::setting::{Setting, SettingType};
use crate::diag::{Diagnostic, codes};
use crate::emit::format::is_noncharacter;
use crate::hashed::IndexMap;
use crate::manifest::quantity::{ByteSize, Duration};
use crate::schema;
use crate::text::{Span, Spanned, is_url};

/// The settings of one service.
pub(super) struct Resolved {
    /// Every setting but secrets; `null` where an optional one is not set.
    pub(super) values: Arc<IndexMap<String, Value>>,
}

/// The settings of services that were resolved before, for those like them.
pub(super) struct Known {
    /// What could not be read stands for one service and not for those like it.
    well: bool,
    by_likeness: BTreeMap<Likeness, Arc<IndexMap<String, Value>>>,
}

impl Known {
    pub(super) fn new(cx: &Context<'_>) -> Self {
        Self { well: !cx.sink.has_errors(), by_likeness: BTreeMap::new() }
    }

    /// Checks the settings of a service; only for the first of those that are alike, and until one is well.
    pub(super) fn resolve(&mut self, cx: &mut Context<'_>, tables: &Tables, draft: &Draft) -> Resolved {
        if let Some(values) = self.by_likeness.get(&draft.likeness) {
            return Resolved { values: values.clone() };
        }
        let before = cx.sink.len();
        let resolved = resolve(cx, tables, draft);
        if self.well && cx.sink.len() == before {
            self.by_likeness.insert(draft.likeness, resolved.values.clone());
        }
        resolved
    }
}

/// Checks the settings of a service against its component.
fn resolve(cx: &mut Context<'_>, tables: &Tables, draft: &Draft) -> Resolved {
    let component = &draft.entry.component;
    let id = &component.component.value;
    for key in draft.spec.settings.keys().filter(|key| !component.settings.contains_key(key.value.as_str())) {
        cx.sink.push(
            Diagnostic::new(
                &codes::BAD_SETTING,
                key.span,
                format!("component `{id}` has no setting `{key}`"),
            )
            .here("no such setting")
            .suggest(key, component.settings.keys().map(String::as_str))
            .help(format!("`netgen components {id}` lists its settings")),
        );
    }
    let mut values = IndexMap::default();
    for (name, setting) in &component.settings {
        if setting.kind == SettingType::Secret {
            continue;
        }
        let value = match draft.spec.settings.get(name.as_str()) {
            Some(written) => match convert(setting, &written.value) {
                Ok(value) => value,
                Err(why) => {
                    let key = draft.spec.settings.get_key_value(name.as_str()).map(|(key, _)| key.span);
                    let item = why.item.map(|at| at.to_string());
                    let path = ["settings", name.as_str(), item.as_deref().unwrap_or_default()];
                    let place = item.as_ref().and_then(|_| draft.place(cx, tables, &path));
                    let written = Spanned::new(written.value.clone(), place.unwrap_or(written.span));
                    report(cx, id, name, setting, (key, &written), &why);
                    Value::Null
                }
            },
            None => match &setting.default {
                Some(default) => convert(setting, default).unwrap_or_else(|_| default.clone()),
                None => {
                    if !setting.optional && !draft.wrote(cx, tables, "settings", name) {
                        missing(cx, draft, name, setting);
                    }
                    Value::Null
                }
            },
        };
        values.insert(name.clone(), value);
    }
    Resolved { values: Arc::new(values) }
}

pub(super) fn missing(cx: &mut Context<'_>, draft: &Draft, name: &str, setting: &Setting) {
    cx.sink.push(
        Diagnostic::new(
            &codes::MISSING_KEY,
            draft.origin,
            format!("service `{}` lacks the setting `{name}`", draft.name),
        )
        .here(format!("`{name}`: {}", setting.doc))
        .label(
            draft.spec.component.span,
            format!("`{}` cannot run without it", draft.entry.component.component),
        )
        .help(format!("add it under `settings:`: {}", example(name, setting.kind))),
    );
}

fn example(name: &str, kind: SettingType) -> String {
    match kind {
        SettingType::EthereumAddress => format!("`{name}: \"0x<40 hex digits>\"`"),
        SettingType::Url => format!("`{name}: https://<host>`"),
        SettingType::List | SettingType::UrlList => format!("`{name}: [...]`"),
        SettingType::Secret => format!("`{name}: {{ secret: <name> }}`"),
        _ => format!("`{name}: ...`"),
    }
}

fn report(
    cx: &mut Context<'_>,
    id: &str,
    name: &str,
    setting: &Setting,
    (key, written): (Option<Span>, &Spanned<Value>),
    why: &Refusal,
) {
    // Of a key without a value only the key can be seen.
    let place = key.filter(|_| written.span.is_empty()).unwrap_or(written.span);
    let mut diagnostic = Diagnostic::new(
        &codes::BAD_SETTING,
        place,
        format!("setting `{name}` of `{id}` must be {}", why.wanted),
    )
    .here(why.found.clone());
    if let Some(help) = meant(setting, &written.value) {
        diagnostic = diagnostic.help(help);
    }
    cx.sink.push(diagnostic.help(format!("`{name}`: {}", setting.doc)));
}

/// What a refused value probably means.
fn meant(setting: &Setting, value: &Value) -> Option<String> {
    let near = |near: &str| format!("did you mean `{near}`?");
    Some(match (setting.kind, value) {
        (SettingType::Enum, Value::String(word)) => near(schema::guess::word(word, setting.values.words())?),
        (SettingType::Duration, value) => near(&schema::guess::quantity("Duration", value)?),
        (SettingType::Size, value) => near(&schema::guess::quantity("ByteSize", value)?),
        (SettingType::Url, Value::String(text)) if is_url(&format!("https://{text}")) => {
            near(&format!("https://{text}"))
        }
        (SettingType::Integer | SettingType::Number, Value::String(text)) if text.parse::<f64>().is_ok() => {
            format!("take the quotes away: `{text}`")
        }
        (SettingType::Text, Value::Number(_) | Value::Bool(_)) => schema::guess::quoted(value),
        (SettingType::Boolean, Value::String(text)) => schema::guess::truth(text)?,
        (SettingType::List | SettingType::UrlList, Value::String(_)) => {
            "write a list: `[..., ...]`".to_owned()
        }
        _ => return None,
    })
}

/// Why a value is not taken.
struct Refusal {
    wanted: String,
    found: String,
    /// The element of a list that is wrong.
    item: Option<usize>,
}

/// The value in the units that templates see, or why it is refused.
fn convert(setting: &Setting, value: &Value) -> Result<Value, Refusal> {
    let refuse =
        |wanted: &str| Err(Refusal { wanted: wanted.to_owned(), found: describe(value), item: None });
    match (setting.kind, value) {
        (SettingType::Text, Value::String(text)) => {
            if let Some(found) = no_line(text) {
                return Err(Refusal { wanted: "one line of text".into(), found: found.into(), item: None });
            }
            Ok(value.clone())
        }
        (SettingType::Boolean, Value::Bool(_)) => Ok(value.clone()),
        (SettingType::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => {
            in_range(setting, number.as_f64().unwrap_or(f64::NAN), value)
        }
        (SettingType::Number, Value::Number(number)) => {
            in_range(setting, number.as_f64().unwrap_or(f64::NAN), value)
        }
        (SettingType::Enum, Value::String(word)) if setting.values.contains(word) => Ok(value.clone()),
        (SettingType::Duration, Value::String(text)) => match Duration::parse(text) {
            Some(duration) => Ok(duration.0.into()),
            None => refuse("a length of time such as `90s`, `10m` or `12h`"),
        },
        (SettingType::Size, Value::String(text)) => match ByteSize::parse(text) {
            Some(size) => Ok(size.0.into()),
            None => refuse("a size such as `512MiB` or `32GiB`"),
        },
        (SettingType::Url, Value::String(text)) if is_url(text) => Ok(value.clone()),
        (SettingType::EthereumAddress, Value::String(text)) if is_ethereum_address(text) => Ok(value.clone()),
        (SettingType::List, Value::Array(items)) if items.iter().all(is_line) => Ok(value.clone()),
        (SettingType::UrlList, Value::Array(items))
            if items.iter().all(|item| item.as_str().is_some_and(is_url)) =>
        {
            Ok(value.clone())
        }
        (SettingType::UrlList, Value::Array(items)) => {
            let item = items.iter().position(|item| !item.as_str().is_some_and(is_url));
            let found = item.and_then(|at| items.get(at)).map_or_else(|| describe(value), describe);
            Err(Refusal { wanted: "a list of URLs with scheme and host".into(), found, item })
        }
        (SettingType::List, Value::Array(items)) => {
            let item = items.iter().position(|item| !is_line(item));
            let found = item.and_then(|at| items.get(at)).map_or_else(|| describe(value), describe);
            Err(Refusal { wanted: "a list of lines of text".into(), found, item })
        }
        (SettingType::Enum, Value::String(_)) => Err(Refusal {
            wanted: wanted(SettingType::Enum, setting),
            found: "not one of them".to_owned(),
            item: None,
        }),
        (kind, _) => refuse(wanted(kind, setting).as_str()),
    }
}

fn wanted(kind: SettingType, setting: &Setting) -> String {
    match kind {
        SettingType::Text => "text".to_owned(),
        SettingType::Integer => "a whole number".to_owned(),
        SettingType::Number => "a number".to_owned(),
        SettingType::Boolean => "`true` or `false`".to_owned(),
        SettingType::Enum => {
            format!("one of {}", crate::diag::list_names(setting.values.words(), 12))
        }
        SettingType::Duration => "a length of time such as `10m`".to_owned(),
        SettingType::Size => "a size such as `32GiB`".to_owned(),
        SettingType::Url => "a URL with scheme and host".to_owned(),
        SettingType::EthereumAddress => "`0x` and 40 hex digits, in quotes".to_owned(),
        SettingType::List => "a list of text".to_owned(),
        SettingType::UrlList => "a list of URLs".to_owned(),
        SettingType::Secret => "a reference `{ secret: <name> }`".to_owned(),
    }
}

fn in_range(setting: &Setting, number: f64, value: &Value) -> Result<Value, Refusal> {
    #[expect(clippy::cast_precision_loss, reason = "limits in the catalog are small whole numbers")]
    let low = setting.min.is_none_or(|min| number >= min as f64);
    #[expect(clippy::cast_precision_loss, reason = "as above")]
    let high = setting.max.is_none_or(|max| number <= max as f64);
    if low && high {
        return Ok(value.clone());
    }
    let wanted = match (setting.min, setting.max) {
        (Some(min), Some(max)) => format!("between {min} and {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => "a number".to_owned(),
    };
    Err(Refusal { wanted, found: format!("is {value}"), item: None })
}

fn describe(value: &Value) -> String {
    match value {
        Value::Null => "is empty".to_owned(),
        Value::Bool(b) => format!("is the truth value `{b}`"),
        Value::Number(n) => format!("is the number {n}"),
        // Text may be a secret that was put in the wrong place: its length says enough.
        Value::String(text) => format!("is text of {} letters", text.chars().count()),
        Value::Array(items) => format!("is a list of {}", items.len()),
        Value::Object(_) => "is a map".to_owned(),
    }
}

/// Why a text is no line, if so. systemd refuses a whole file for what Unicode keeps for no text.
fn no_line(text: &str) -> Option<&'static str> {
    if text.chars().any(char::is_control) {
        return Some("has a control character");
    }
    text.chars().any(is_noncharacter).then_some("has a character that Unicode keeps for no text")
}

fn is_line(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty() && no_line(text).is_none())
}

fn is_ethereum_address(text: &str) -> bool {
    text.strip_prefix("0x").is_some_and(|hex| hex.len() == 40 && hex.chars().all(|c| c.is_ascii_hexdigit()))
}
