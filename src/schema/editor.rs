//! Schemas as editors want them: a title for every key, prose without hard line ends, and words of
//! an enumeration that are explained one by one.
//!
//! What is valid stays the same; only annotations are added. yaml-language-server (and so VS Code,
//! Neovim, Helix and others) reads `title`, `description`, `markdownDescription`, `default`,
//! `examples`, `enum` with `markdownEnumDescriptions`; all but the names that begin with `markdown`
//! and `enumDescriptions` are part of JSON Schema itself.

use serde_json::{Map, Value, json};

/// Words that are not written as a sentence would have them.
const SPELLINGS: &[(&str, &str)] = &[
    ("api", "API"),
    ("cpus", "CPUs"),
    ("dir", "folder"),
    ("id", "ID"),
    ("netgen", "netgen"),
    ("opsgenie", "Opsgenie"),
    ("pagerduty", "PagerDuty"),
    ("pid", "PID"),
    ("sha256", "SHA-256"),
    ("slo", "SLO"),
    ("sops", "sops"),
    ("ssh", "SSH"),
    ("tmpfs", "tmpfs"),
    ("ui", "UI"),
    ("url", "URL"),
];

/// Adds what editors show to a schema of [`super::of`].
#[must_use]
pub fn for_editors(mut schema: Value) -> Value {
    dress(&mut schema);
    if let Some(types) = schema.get_mut("$defs").and_then(Value::as_object_mut) {
        for (name, definition) in types {
            entitle(definition, &title_of(name));
        }
    }
    schema
}

/// A title made of a key or the name of a type: `private-address` is `Private address`.
pub fn title_of(name: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut last_lower = false;
    for letter in name.chars() {
        match words.last_mut() {
            _ if letter == '-' || letter == '_' => words.push(String::new()),
            Some(word) if !(letter.is_ascii_uppercase() && last_lower) => {
                word.push(letter.to_ascii_lowercase());
            }
            _ => words.push(letter.to_ascii_lowercase().to_string()),
        }
        last_lower = letter.is_ascii_lowercase();
    }
    words.retain(|word| !word.is_empty());
    for (index, word) in words.iter_mut().enumerate() {
        match SPELLINGS.iter().find(|(plain, _)| plain == word) {
            Some((_, spelled)) => (*spelled).clone_into(word),
            None if index == 0 => *word = capitalized(word),
            None => {}
        }
    }
    words.join(" ")
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// Gives a schema a title unless it has one.
pub fn entitle(schema: &mut Value, title: &str) {
    if let Some(map) = schema.as_object_mut()
        && !map.contains_key("title")
    {
        map.shift_insert(0, "title".to_owned(), json!(title));
    }
}

/// A description in both forms that editors read. The Markdown form also says the default, which
/// editors fill in but do not show.
pub fn describe(map: &mut Map<String, Value>, text: &str) {
    map.insert("description".to_owned(), json!(text));
    let default = match map.get("default") {
        None | Some(Value::Array(_) | Value::Object(_)) => None,
        Some(Value::String(word)) => Some(word.clone()),
        Some(other) => Some(other.to_string()),
    };
    let mut marked = markdown(text);
    if let Some(default) = default {
        marked.push_str(&format!(" Default: `{default}`."));
    }
    // Where a reference stands, the text of its target would be shown instead.
    if marked != text || text.contains(['`', '*', '_', '[', '\n']) || map.contains_key("$ref") {
        map.insert("markdownDescription".to_owned(), json!(marked));
    }
}

/// Text in which `<host>` outside of code is no HTML.
fn markdown(text: &str) -> String {
    let mut parts = text.split('`').enumerate();
    let mut out = String::with_capacity(text.len());
    if let Some((_, first)) = parts.next() {
        out.push_str(&first.replace('<', "\\<"));
    }
    for (index, part) in parts {
        out.push('`');
        out.push_str(&if index % 2 == 0 { part.replace('<', "\\<") } else { part.to_owned() });
    }
    out
}

fn dress(schema: &mut Value) {
    let Some(map) = schema.as_object_mut() else { return };
    map.retain(|key, value| key != "default" || !is_empty_collection(value));
    enumerate(map);
    if let Some(text) = map.get("description").and_then(Value::as_str).map(unwrapped) {
        describe(map, &text);
    }
    let about = map.get("description").and_then(Value::as_str).map(str::to_owned);
    if let Some(properties) = map.get_mut("properties").and_then(Value::as_object_mut) {
        // A word of an enumeration that takes a value is a map of one key: what is said of it is said of
        // the key.
        let mut only = about.filter(|_| properties.len() == 1);
        for (key, property) in properties {
            entitle(property, &title_of(key));
            if let (Some(about), Some(map)) = (only.take(), property.as_object_mut())
                && !map.contains_key("description")
            {
                describe(map, &about);
            }
        }
    }
    for (keyword, value) in map.iter_mut() {
        match keyword.as_str() {
            "properties" | "patternProperties" | "$defs" => {
                value.as_object_mut().into_iter().flatten().for_each(|(_, inner)| dress(inner));
            }
            "anyOf" | "oneOf" | "allOf" | "prefixItems" => {
                value.as_array_mut().into_iter().flatten().for_each(dress);
            }
            "items" | "additionalProperties" | "propertyNames" | "not" | "if" | "then" | "else" => {
                dress(value);
            }
            _ => {}
        }
    }
}

/// An empty map or list as a default says nothing, and editors would offer it.
fn is_empty_collection(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty)
}

/// Turns a choice of constants into one `enum` with a text for each word. Editors list its words when
/// they explain the key, and name them all when they refuse another one.
fn enumerate(map: &mut Map<String, Value>) {
    let Some(choices) = map.get("oneOf").and_then(Value::as_array) else { return };
    let words: Option<Vec<(Value, String)>> = choices
        .iter()
        .map(|choice| {
            let text = choice.get("description").and_then(Value::as_str).unwrap_or_default();
            choice.get("const").filter(|word| word.is_string()).map(|word| (word.clone(), unwrapped(text)))
        })
        .collect();
    let Some(words) = words else { return };
    map.shift_remove("oneOf");
    map.insert("type".to_owned(), json!("string"));
    enumeration(map, words);
}

/// Writes `enum` and the explanations of its words.
pub fn enumeration(map: &mut Map<String, Value>, words: Vec<(Value, String)>) {
    let (words, texts): (Vec<Value>, Vec<String>) = words.into_iter().unzip();
    map.insert("enum".to_owned(), json!(words));
    map.insert("enumDescriptions".to_owned(), json!(texts));
    map.insert("markdownEnumDescriptions".to_owned(), json!(texts));
}

/// The lines of a paragraph in one: line ends in a comment are for the width of the source.
fn unwrapped(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|paragraph| {
        let lines: Vec<&str> = paragraph.lines().map(str::trim).collect();
        lines.join(" ")
    });
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles() {
        for (name, title) in [
            ("private-address", "Private address"),
            ("HostResources", "Host resources"),
            ("ssh", "SSH"),
            ("data-dir", "Data folder"),
            ("runbook-url", "Runbook URL"),
            ("tmpfs", "tmpfs"),
            ("max_files", "Max files"),
            ("JsonFile", "Json file"),
        ] {
            assert_eq!(title_of(name), title);
        }
    }

    #[test]
    fn only_code_keeps_angle_brackets() {
        assert_eq!(markdown("https://<key>@host, `<host>`, <x>"), "https://\\<key>@host, `<host>`, \\<x>");
    }

    #[test]
    fn a_schema_is_dressed() {
        let plain = json!({
            "properties": {
                "data-dir": { "type": "string", "description": "Where\nit `is`.", "default": "/x" },
                "kind": { "oneOf": [{ "const": "a", "description": "The\nfirst." }, { "const": "b", "description": "B." }] },
                "list": { "type": "array", "default": [] },
            },
        });
        let dressed = for_editors(plain);
        let at = |pointer: &str| dressed.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(at("/properties/data-dir/title"), "Data folder");
        assert_eq!(at("/properties/data-dir/markdownDescription"), "Where it `is`. Default: `/x`.");
        assert_eq!(at("/properties/kind/enum"), json!(["a", "b"]));
        assert_eq!(at("/properties/kind/markdownEnumDescriptions"), json!(["The first.", "B."]));
        assert_eq!(at("/properties/list/default"), Value::Null);
    }
}
