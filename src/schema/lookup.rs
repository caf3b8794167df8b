//! Finding one's way in a schema: from a place in a manifest to what the schema says about it.

use jsonschema::error::ValidationError;
use serde_json::Value;

use crate::value::steps;

/// The schema that holds the failed keyword.
pub(super) fn schema_at<'s>(schema: &'s Value, error: &ValidationError<'_>) -> Option<&'s Value> {
    schema.pointer(holder(error))
}

/// The pointer of the schema that holds the failed keyword.
pub(super) fn holder<'e>(error: &'e ValidationError<'_>) -> &'e str {
    let path = error.schema_path().as_str();
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The keys that a map may have.
pub(super) fn known_keys(schema: &Value, error: &ValidationError<'_>) -> Vec<String> {
    schema_at(schema, error)
        .and_then(|s| s.get("properties"))
        .and_then(Value::as_object)
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default()
}

/// The first sentence of the documentation of the value that an instance pointer leads to.
pub(super) fn described(schema: &Value, pointer: &str) -> Option<String> {
    let place = follow(schema, pointer)?;
    let doc = place.get("description").or_else(|| resolve(schema, place)?.get("description"))?;
    Some(first_line(doc.as_str()?).trim_end_matches('.').to_owned())
}

/// The key of the same map under which a misplaced key belongs: `resources` for `memory`.
pub(super) fn belongs_under(schema: &Value, pointer: &str, key: &str) -> Option<String> {
    let map = resolve(schema, follow(schema, pointer)?)?;
    let properties = map.get("properties")?.as_object()?;
    properties
        .iter()
        .find(|(_, inner)| {
            resolve(schema, inner).and_then(|inner| inner.get("properties")?.get(key)).is_some()
        })
        .map(|(name, _)| name.clone())
}

/// The schema of the value at an instance pointer, references not yet followed at its end.
fn follow<'s>(schema: &'s Value, pointer: &str) -> Option<&'s Value> {
    let mut place = schema;
    for part in steps(pointer) {
        place = step(schema, place, &part)?;
    }
    Some(place)
}

fn step<'s>(root: &'s Value, place: &'s Value, part: &str) -> Option<&'s Value> {
    let place = resolve(root, place)?;
    if let Some(found) = place.get("properties").and_then(|properties| properties.get(part)) {
        return Some(found);
    }
    let inner = place.get("additionalProperties").filter(|inner| inner.is_object());
    if let Some(inner) = inner.or_else(|| place.get("items")) {
        return Some(inner);
    }
    let options = place.get("anyOf").or_else(|| place.get("oneOf"))?.as_array()?;
    options.iter().find_map(|option| step(root, option, part))
}

/// The schema that a reference names; any other schema is itself.
fn resolve<'s>(root: &'s Value, place: &'s Value) -> Option<&'s Value> {
    match place.get("$ref").and_then(Value::as_str) {
        Some(reference) => root.pointer(reference.strip_prefix('#')?),
        None => Some(place),
    }
}

pub(super) fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or(text)
}
