//! The schema of a part of a manifest: an overlay, an included file, or a manifest with variables.
//!
//! A part needs no key, `null` deletes one, and `${name}` may stand for any value. What is put
//! together is still judged by the whole schema.

use serde_json::{Map, Value, json};

/// Text that is exactly one variable.
const VARIABLE: &str = r"^\$\{[A-Za-z_][A-Za-z0-9_-]*\}$";

/// A variable somewhere in a text.
const WITH_VARIABLE: &str = r"\$\{[A-Za-z_][A-Za-z0-9_-]*\}";

/// Keys that are read before any variable has a value.
const FIRST: [&str; 2] = ["include", "variables"];

/// Makes the schema of a whole that of its parts.
#[must_use]
pub fn partial(mut schema: Value, title: &str) -> Value {
    let first: Vec<String> = FIRST
        .iter()
        .filter_map(|key| schema.pointer(&format!("/properties/{key}")))
        .flat_map(types_in)
        .collect();
    let Some(root) = schema.as_object_mut() else { return schema };
    root.insert("title".to_owned(), json!(title));
    root.shift_remove("required");
    if let Some(Value::Object(properties)) = root.get_mut("properties") {
        for (key, property) in properties {
            if !FIRST.contains(&key.as_str()) {
                relax(property);
            }
        }
    }
    let mut kept = first;
    if let Some(Value::Object(types)) = root.get_mut("$defs") {
        let mut at = 0;
        // What the first keys are made of stays strict, and what that is made of.
        while let Some(name) = kept.get(at).cloned() {
            let more = types.get(&name).map(types_in).unwrap_or_default();
            let new: Vec<String> = more.into_iter().filter(|name| !kept.contains(name)).collect();
            kept.extend(new);
            at += 1;
        }
        types
            .iter_mut()
            .filter(|(name, _)| !kept.contains(name))
            .for_each(|(_, definition)| relax(definition));
    }
    schema
}

/// The names of the types that a schema refers to.
fn types_in(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(map) => map
            .iter()
            .flat_map(|(key, value)| match (key.as_str(), value) {
                ("$ref", Value::String(target)) => {
                    target.strip_prefix("#/$defs/").map(str::to_owned).into_iter().collect()
                }
                _ => types_in(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(types_in).collect(),
        _ => Vec::new(),
    }
}

/// Lets a schema, and all in it, take `null`, variables and missing keys.
fn relax(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    map.shift_remove("required");
    for (key, inner) in map.iter_mut() {
        match (key.as_str(), inner) {
            ("properties" | "patternProperties", Value::Object(properties)) => {
                properties.values_mut().for_each(relax);
            }
            ("items" | "additionalProperties" | "then" | "else", inner) => relax(inner),
            ("allOf" | "anyOf" | "oneOf", Value::Array(options)) => options.iter_mut().for_each(relax_option),
            _ => {}
        }
    }
    widen(map);
}

/// An option of several: a fixed word stays what it is, and its list takes the rest.
fn relax_option(option: &mut Value) {
    if option.get("const").is_none() {
        relax(option);
    }
}

fn widen(map: &mut Map<String, Value>) {
    if let Some(Value::Array(options)) = map.get_mut("oneOf") {
        options.extend([json!({ "type": "null" }), json!({ "type": "string", "pattern": VARIABLE })]);
        return;
    }
    if let Some(words) = map.shift_remove("enum") {
        map.shift_remove("type");
        let mut known = Map::from_iter([("enum".to_owned(), words)]);
        for key in ["enumDescriptions", "markdownEnumDescriptions"] {
            known.extend(map.shift_remove(key).map(|texts| (key.to_owned(), texts)));
        }
        let others = json!({ "type": ["string", "null"], "pattern": WITH_VARIABLE });
        map.insert("anyOf".to_owned(), json!([known, others]));
        return;
    }
    let Some(Value::String(kind)) = map.get("type").cloned() else { return };
    match kind.as_str() {
        "string" => {
            if let Some(Value::String(pattern)) = map.get("pattern").cloned() {
                map.insert("pattern".to_owned(), json!(format!("(?:{pattern})|{WITH_VARIABLE}")));
            }
            map.insert("type".to_owned(), json!(["string", "null"]));
        }
        "object" => {
            map.insert("type".to_owned(), json!(["object", "null"]));
        }
        "integer" | "number" | "boolean" | "array" => {
            map.insert("type".to_owned(), json!([kind, "string", "null"]));
            map.insert("pattern".to_owned(), json!(VARIABLE));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Sink;
    use crate::manifest::Manifest;
    use crate::schema::{of, validate};
    use crate::text::SourceMap;
    use crate::value::{Format, parse};

    /// The codes of what is found in a text.
    fn found(text: &str) -> Vec<&'static str> {
        let mut sources = SourceMap::default();
        let id = sources.add("x.yaml", text);
        let mut sink = Sink::new();
        let node = parse(Format::Yaml, id, text, &mut sink).unwrap();
        validate(&node, &partial(of::<Manifest>(), "a part"), &mut sink);
        sink.into_sorted().iter().map(|d| d.rule.code).collect()
    }

    #[test]
    fn parts_are_good_manifests() {
        for good in [
            "hosts: { a: null }",
            "hosts: { a: { ssh: { port: \"${port}\", user: null } } }",
            "hosts: { a: { runtime: \"${runtime}\", resources: { memory: \"${size}\" } } }",
            "network: { environment: \"${environment}\", name: \"${region}-net\" }",
            "networks: { n: { internal: \"${internal}\" } }",
            "security: { admin-networks: \"${networks}\" }",
            "monitoring: null",
            "include: [a.yaml]\nvariables: { a: { type: string, default: x } }",
            "nodes: { n: { services: { el: { resources: null } } } }",
        ] {
            assert_eq!(found(good), [""; 0], "{good}");
        }
    }

    #[test]
    fn mistakes_stay_mistakes() {
        for bad in [
            "hosst: {}",
            "hosts: { a: { ssh: { port: abc } } }",
            "hosts: { a: { ssh: { port: \"${port\" } } }",
            "hosts: { a: { runtime: compos } }",
            "hosts: { a: { resources: { memory: 5 apples } } }",
            "hosts: { A_b: {} }",
            "hosts: [a]",
            "variables: { a: { type: \"${x}\" } }",
            "variables: { a: { default: 5 } }",
            "include: null",
        ] {
            assert!(!found(bad).is_empty(), "{bad}");
        }
    }
}
