//! The schemas as editors read them: every key says what it is, what it is without, and how it looks.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::process::Command;

use netgen::world::MemoryWorld;
use netgen::{Input, Options, compile};
use serde_json::{Map, Value, json};

/// Schemas of files that people write: each of their keys is one that an editor completes.
const WRITTEN: &[&str] = &["network", "component", "alerts", "dashboard", "chain"];
/// Schemas of files that netgen writes, and of parts of a manifest, in which no key is required.
const OTHERS: &[&str] = &["lock", "bundle", "diagnostics", "overlay"];

/// The form of every name, which is explained where it is refused.
const NAME: &str = netgen::manifest::NamePattern::REGEX;

fn schema(name: &str) -> Value {
    let done =
        Command::new(env!("CARGO_BIN_EXE_netgen")).env_clear().args(["schema", name]).output().unwrap();
    assert!(done.status.success(), "{name}");
    serde_json::from_slice(&done.stdout).unwrap()
}

/// What is wrong with a schema, for a person who completes a key.
struct Walk<'a> {
    root: &'a Value,
    /// Whether people write files of it, so that a default and examples matter.
    written: bool,
    wrong: Vec<String>,
}

fn faults(root: &Value, written: bool) -> Vec<String> {
    let mut walk = Walk { root, written, wrong: Vec::new() };
    walk.schema(root, "");
    for (name, definition) in root["$defs"].as_object().into_iter().flatten() {
        walk.schema(definition, &format!("/$defs/{name}"));
    }
    walk.wrong
}

impl Walk<'_> {
    fn blame(&mut self, at: &str, what: &str) {
        self.wrong.push(format!("{at}: {what}"));
    }

    /// A keyword of a schema, or of what it refers to.
    fn keyword<'s>(&'s self, schema: &'s Value, keyword: &str) -> Option<&'s Value> {
        schema.get(keyword).or_else(|| {
            let target = schema.get("$ref")?.as_str()?.strip_prefix('#')?;
            self.keyword(self.root.pointer(target)?, keyword)
        })
    }

    fn text<'s>(&'s self, schema: &'s Value, keyword: &str) -> &'s str {
        self.keyword(schema, keyword).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether a value is one text, number or truth value.
    fn is_scalar(&self, schema: &Value) -> bool {
        let of_type = |name: &str| ["string", "integer", "number", "boolean"].contains(&name);
        let choices = self.keyword(schema, "anyOf").and_then(Value::as_array);
        of_type(self.text(schema, "type"))
            || self.keyword(schema, "const").is_some()
            || choices.is_some_and(|choices| choices.iter().all(|choice| self.is_scalar(choice)))
    }

    fn schema(&mut self, schema: &Value, at: &str) {
        let Some(map) = schema.as_object() else { return };
        self.words(schema, at);
        self.values(schema, at);
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            let at = format!("{at}/properties/{key}");
            let required = schema["required"].as_array().is_some_and(|keys| keys.contains(&json!(key)));
            // Branches of a condition only add to what the type says of its keys.
            if !property.as_object().unwrap().keys().all(|k| ["const", "properties"].contains(&k.as_str())) {
                self.property(property, required, &at);
            }
        }
        for (keyword, inner) in map {
            match keyword.as_str() {
                "properties" | "patternProperties" => {
                    for (key, inner) in inner.as_object().unwrap() {
                        self.schema(inner, &format!("{at}/{keyword}/{key}"));
                    }
                }
                "anyOf" | "oneOf" | "allOf" | "prefixItems" => {
                    for (index, inner) in inner.as_array().unwrap().iter().enumerate() {
                        self.schema(inner, &format!("{at}/{keyword}/{index}"));
                    }
                }
                "items" | "additionalProperties" | "propertyNames" | "then" | "else" => {
                    self.schema(inner, &format!("{at}/{keyword}"));
                }
                _ => {}
            }
        }
    }

    fn property(&mut self, property: &Value, required: bool, at: &str) {
        let described = property.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
        // Sections of a component repeat keys that the type of a service describes.
        let section = at.contains("/$defs/component-") && at.matches("/properties/").count() == 1;
        if section {
            return;
        }
        if described.trim().is_empty() {
            self.blame(at, "no description");
        }
        if described.contains("[`") || described.contains("serde") {
            self.blame(at, "the description speaks of the code");
        }
        if self.text(property, "title").is_empty() {
            self.blame(at, "no title");
        }
        if !self.written {
            return;
        }
        let unset = ["Without it", "Must be set"].iter().any(|reason| described.contains(reason));
        if !required && self.is_scalar(property) && property.get("default").is_none() && !unset {
            self.blame(at, "optional, and neither a default nor a word on what holds without it");
        }
        let form = self.text(property, "pattern");
        let special = !form.is_empty() && form != NAME || !self.text(property, "format").is_empty();
        let shown = ["examples", "default", "enum"].iter().any(|k| self.keyword(property, k).is_some());
        if special && self.text(property, "type") == "string" && !shown {
            self.blame(at, "text of a special form without an example");
        }
    }

    /// Each word of an enumeration is explained.
    fn words(&mut self, schema: &Value, at: &str) {
        // Names that are offered for keys are explained by what they name.
        if at.contains("/propertyNames") {
            return;
        }
        if let Some(words) = schema["enum"].as_array() {
            for keyword in ["enumDescriptions", "markdownEnumDescriptions"] {
                let texts: Vec<&str> =
                    schema[keyword].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                if texts.len() != words.len() || texts.iter().any(|text| text.trim().is_empty()) {
                    self.blame(at, &format!("a word of the enumeration is not explained in `{keyword}`"));
                }
            }
        }
        for choice in schema["oneOf"].as_array().into_iter().flatten() {
            if choice.get("const").is_some() && self.text(choice, "description").is_empty() {
                self.blame(at, &format!("the word {} is not explained", choice["const"]));
            }
        }
    }

    /// Defaults and examples are values that the schema itself takes.
    fn values(&mut self, schema: &Value, at: &str) {
        let examples = schema.get("examples").and_then(Value::as_array).into_iter().flatten();
        let values: Vec<&Value> = schema.get("default").into_iter().chain(examples).collect();
        if values.is_empty() {
            return;
        }
        let mut alone = schema.clone();
        alone["$defs"] = self.root.get("$defs").cloned().unwrap_or_else(|| json!({}));
        alone["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        let validator = jsonschema::validator_for(&alone).unwrap();
        for value in values {
            if let Err(error) = validator.validate(value) {
                let what = format!("{value} is a default or an example, and not valid: {error}");
                self.wrong.push(format!("{at}: {what}"));
            }
        }
    }
}

#[test]
fn every_key_is_explained() {
    let written = WRITTEN.iter().map(|name| (name, true));
    let others = OTHERS.iter().map(|name| (name, false));
    let mut wrong = Vec::new();
    for (name, written) in written.chain(others) {
        wrong.extend(faults(&schema(name), written).into_iter().map(|fault| format!("{name}{fault}")));
    }
    assert!(wrong.is_empty(), "{} faults\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_walk_finds_each_kind_of_fault() {
    let good = json!({ "properties": { "a": {
        "title": "A", "description": "It.", "type": "string", "default": "x", "examples": ["y"],
        "enum": ["x", "y"], "enumDescriptions": ["X.", "Y."], "markdownEnumDescriptions": ["X.", "Y."],
    } } });
    assert_eq!(faults(&good, true), Vec::<String>::new());
    let broken = [
        ("description", json!(null), "no description"),
        ("description", json!("See [`Node`]."), "speaks of the code"),
        ("title", json!(null), "no title"),
        ("default", json!(null), "neither a default"),
        ("default", json!("z"), "not valid"),
        ("examples", json!([1]), "not valid"),
        ("enumDescriptions", json!(["X."]), "not explained"),
        ("markdownEnumDescriptions", json!(["X.", " "]), "not explained"),
    ];
    for (keyword, value, words) in broken {
        let mut schema = good.clone();
        let property = schema["properties"]["a"].as_object_mut().unwrap();
        if value.is_null() {
            property.remove(keyword)
        } else {
            property.insert(keyword.to_owned(), value)
        };
        let found = faults(&schema, true);
        assert!(found.iter().any(|fault| fault.contains(words)), "{keyword}: {found:?}");
    }
    let special = json!({ "properties": { "a": {
        "title": "A", "description": "It. Without it, nothing.", "type": "string", "pattern": "^/",
    } } });
    assert!(faults(&special, true)[0].contains("special form"));
    let choice = json!({ "oneOf": [{ "const": "x", "description": "X." }, { "const": "y" }] });
    assert!(faults(&choice, true)[0].contains("\"y\" is not explained"));
}

/// A manifest in which every default that the schema states is written out.
fn with_defaults(root: &Value, schema: &Value, value: &mut Value, written: &mut usize) {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        with_defaults(root, root.pointer(target.strip_prefix('#').unwrap()).unwrap(), value, written);
    }
    if let Value::Array(items) = value {
        items.iter_mut().for_each(|item| with_defaults(root, &schema["items"], item, written));
    }
    let Some(map) = value.as_object_mut() else { return };
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    for (key, inner) in map.iter_mut() {
        let inner_schema = properties.get(key).unwrap_or(&schema["additionalProperties"]);
        with_defaults(root, inner_schema, inner, written);
    }
    for (key, property) in &properties {
        if let Some(default) = property.get("default").filter(|_| !map.contains_key(key)) {
            map.insert(key.clone(), default.clone());
            *written += 1;
        }
    }
    // The settings of a service are described by what its component is.
    let component = map.get("component").and_then(Value::as_str).map(|id| format!("/$defs/component-{id}"));
    if let Some(case) = component.and_then(|pointer| root.pointer(&pointer)) {
        let settings = map.entry("settings").or_insert_with(|| json!({}));
        with_defaults(root, &case["properties"]["settings"], settings, written);
    }
}

/// The first file of an example's bundle that changes when the defaults of a schema are written out,
/// and how many were.
fn changed_by_defaults(root: &Value, example: &str) -> (Option<String>, usize) {
    let text = |file: &str| {
        let path = format!("{}/examples/{example}/{file}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    };
    let mut manifest: Map<String, Value> = serde_yaml::from_str(&text("network.yaml")).unwrap();
    let plain = Value::Object(manifest.clone());
    for section in ["defaults", "logging", "rollout", "security"] {
        manifest.entry(section).or_insert_with(|| json!({}));
    }
    let (mut full, mut written) = (Value::Object(manifest), 0);
    with_defaults(root, root, &mut full, &mut written);
    let [before, after] = [plain, full].map(|manifest| {
        let files = [("network.json", manifest.to_string()), ("netgen.lock", text("netgen.lock"))];
        let done = compile(&MemoryWorld::new(files), &Input::new("network.json"), Options::default());
        let errors: Vec<&String> = done.diagnostics.iter().map(|d| &d.message).collect();
        done.bundle.unwrap_or_else(|| panic!("{example}: {errors:?}\n{manifest:#}"))
    });
    assert_eq!(before.files().count(), after.files().count());
    // These hold the digest of the manifest itself, or say which values stand in it.
    let own = ["bundle.json", "network.json", "provenance.json", "report/index.html", "SHA256SUMS"];
    let files = before.files().filter(|(path, _)| !own.contains(&path.as_str()));
    let changed = files.filter(|(path, file)| after.get(path.as_str()) != Some(file));
    (changed.map(|(path, _)| path.to_string()).next(), written)
}

#[test]
fn every_default_is_the_one_that_is_used() {
    let mut root = schema("network");
    let mut total = 0;
    for example in ["ethereum-validator", "minimal", "runtimes"] {
        let (changed, written) = changed_by_defaults(&root, example);
        assert_eq!(changed, None, "{example}");
        total += written;
    }
    assert!(total > 100, "only {total} defaults were tried");

    root["$defs"]["Ssh"]["properties"]["port"]["default"] = json!(2222);
    assert_ne!(changed_by_defaults(&root, "ethereum-validator").0, None, "a wrong default is not seen");
}

#[test]
fn a_component_in_the_manifest_may_say_what_a_component_file_may() {
    let (network, component) = (schema("network"), schema("component"));
    for (name, definition) in component["$defs"].as_object().unwrap() {
        assert!(&network["$defs"][name] == definition, "two types have the name {name}");
    }
    let inline = &network["properties"]["components"]["additionalProperties"]["$ref"];
    let inline = network.pointer(inline.as_str().unwrap().strip_prefix('#').unwrap()).unwrap();
    assert_eq!(inline["properties"], component["properties"]);
}
