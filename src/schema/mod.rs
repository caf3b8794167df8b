//! JSON schemas, generated from the types: as they are for [`read()`], with more words for editors.

mod editor;
mod fit;
pub(crate) mod guess;
mod lookup;
mod partial;
mod read;
mod validate;
mod words;

use schemars::JsonSchema;
use serde_json::{Map, Value};

pub use editor::{describe, entitle, enumeration, for_editors, title_of};
pub use partial::partial;
pub use read::read;

/// The schema of a type: draft 2020-12, with `null` taken out of optional keys (a key without a
/// value is a slip, not a choice) and keys in the order of the Rust types.
pub fn of<T: JsonSchema>() -> Value {
    let mut schema = schemars::schema_for!(T).to_value();
    tidy(&mut schema);
    schema
}

/// The text of a schema file.
pub fn to_text(schema: &Value) -> String {
    // A JSON value always serializes.
    let mut text = serde_json::to_string_pretty(schema).unwrap_or_default();
    text.push('\n');
    text
}

fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            drop_null(map);
            map.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn is_null_type(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null")
}

fn drop_null(map: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|t| t.as_str() != Some("null"));
        if let [only] = types.as_slice() {
            let only = only.clone();
            map.insert("type".to_owned(), only);
        }
    }
    if map.get("default") == Some(&Value::Null) {
        map.shift_remove("default");
    }
    let Some(Value::Array(options)) = map.get_mut("anyOf") else { return };
    let before = options.len();
    options.retain(|option| !is_null_type(option));
    if before == options.len() {
        return;
    }
    if let [only] = options.as_slice() {
        let only = only.clone();
        map.shift_remove("anyOf");
        if let Value::Object(inner) = only {
            for (key, value) in inner {
                map.entry(key).or_insert(value);
            }
        }
    }
}
