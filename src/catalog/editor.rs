//! The manifest's schema for editors, with what the catalog knows: the ids of components and chains,
//! and for each component its settings, needs and interfaces.
//!
//! The compiler validates with the smaller schema of the types alone. There a setting is checked
//! against the component that a service really gets, with better messages than a schema can give.

use serde_json::{Map, Value, json};

use super::component::Component;
use super::interface::Interface;
use super::setting::{Setting, SettingType};
use super::{Catalog, Entry};
use crate::diag::Sink;
use crate::manifest::{AnyMap, Manifest, NamePattern, Network, NodeOverride, PlacedService, ServiceSpec};
use crate::schema::{self, describe, entitle, enumeration, for_editors, title_of};
use crate::text::SourceMap;
use crate::world::World;

/// The schema of the manifest with everything a catalog offers. Components and chains that cannot be
/// read are reported and left out.
pub fn manifest_schema(
    catalog: &mut Catalog,
    world: &dyn World,
    sources: &mut SourceMap,
    sink: &mut Sink,
) -> Value {
    let mut schema = for_editors(schema::of::<Manifest>());
    let ids: Vec<String> = catalog.ids().map(str::to_owned).collect();
    let components: Vec<_> = ids
        .iter()
        .filter_map(|id| catalog.entry(id, world, sources, sink).map(|entry| (id, entry)))
        .collect();
    let chain_ids: Vec<String> = catalog.chain_ids().map(str::to_owned).collect();
    let chains: Vec<(Value, String)> = chain_ids
        .iter()
        .filter_map(|id| catalog.chain(id, world, sources, sink).map(|chain| (json!(id), chain.name)))
        .collect();

    let ids = components.iter().map(|(id, entry)| (json!(id), entry.component.summary.clone())).collect();
    let settings: Vec<&String> = components.iter().flat_map(|(_, e)| e.component.settings.keys()).collect();
    if let Some(types) = schema.get_mut("$defs").and_then(Value::as_object_mut) {
        let chain = choice("ChainId", "A chain of your own", chains, types);
        offer(types, &type_name::<Network>(), "chain", &chain);
        let component = choice("ComponentId", "A component of your own", ids, types);
        let cases: Vec<Value> = components.iter().map(|(id, _)| case(id)).collect();
        types.insert(
            "ComponentCases".to_owned(),
            json!({ "title": "What the component of a service allows", "allOf": cases }),
        );
        for name in [type_name::<ServiceSpec>(), type_name::<PlacedService>()] {
            offer(types, &name, "component", &component);
            if let Some(service) = types.get_mut(&name).and_then(Value::as_object_mut) {
                service.insert("allOf".to_owned(), json!([{ "$ref": "#/$defs/ComponentCases" }]));
            }
        }
        // A node does not say which component it changes, so every name is offered and none refused.
        let names = any_of_names(settings.into_iter().map(String::as_str));
        if let Some(changed) =
            types.get_mut(&type_name::<NodeOverride>()).and_then(|t| property(t, "settings"))
        {
            changed.insert("propertyNames".to_owned(), names);
        }
        for (id, entry) in &components {
            types.insert(case_name(id), service(entry));
        }
        inline_components(types);
    }
    if let Some(images) = property(&mut schema, "images") {
        images.insert("propertyNames".to_owned(), any_of_names(components.iter().map(|(id, _)| id.as_str())));
    }
    schema
}

/// Says what a component in the manifest itself may say: all that a component file may.
fn inline_components(types: &mut Map<String, Value>) {
    let mut component = for_editors(schema::of::<Component>());
    let Some(map) = component.as_object_mut() else { return };
    map.shift_remove("$schema");
    if let Some(Value::Object(own)) = map.shift_remove("$defs") {
        // Types of both schemas are the same Rust types.
        own.into_iter().for_each(|(name, definition)| {
            types.entry(name).or_insert(definition);
        });
    }
    types.insert(type_name::<AnyMap>(), component);
}

fn type_name<T: schemars::JsonSchema>() -> String {
    T::schema_name().into_owned()
}

fn property<'a>(schema: &'a mut Value, key: &str) -> Option<&'a mut Map<String, Value>> {
    schema.get_mut("properties")?.get_mut(key)?.as_object_mut()
}

/// Adds a type: one of the known words, each explained, or a name of the user's own. Gives a reference.
fn choice(name: &str, own: &str, words: Vec<(Value, String)>, types: &mut Map<String, Value>) -> Value {
    let mut listed = Map::from_iter([("type".to_owned(), json!("string"))]);
    enumeration(&mut listed, words);
    let list = format!("Known{name}");
    let mut other = Map::from_iter([
        ("title".to_owned(), json!(own)),
        ("type".to_owned(), json!("string")),
        ("pattern".to_owned(), json!(NamePattern::REGEX)),
        // Editors explain the branches that fit: exactly one should.
        ("not".to_owned(), json!({ "$ref": format!("#/$defs/{list}") })),
    ]);
    describe(&mut other, "A name that stands in a file beside the manifest.");
    types.insert(
        name.to_owned(),
        json!({ "anyOf": [{ "$ref": format!("#/$defs/{list}") }, other], "title": title_of(name) }),
    );
    types.insert(list, Value::Object(listed));
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// Lets a key of a type be one of a choice; what is said of the key stays.
fn offer(types: &mut Map<String, Value>, owner: &str, key: &str, choice: &Value) {
    let Some(found) = types.get_mut(owner).and_then(|owner| property(owner, key)) else { return };
    for keyword in ["type", "pattern", "examples"] {
        found.shift_remove(keyword);
    }
    found.extend(choice.as_object().cloned().unwrap_or_default());
}

/// Names to offer for keys that may be any text.
fn any_of_names<'a>(names: impl Iterator<Item = &'a str>) -> Value {
    let sorted: std::collections::BTreeSet<&str> = names.collect();
    json!({ "anyOf": [{ "enum": sorted }, { "type": "string" }] })
}

/// The name of the type that holds what a component allows. No Rust type has a `-` or a small letter first.
fn case_name(id: &str) -> String {
    format!("component-{id}")
}

fn case(id: &str) -> Value {
    json!({
        "if": { "properties": { "component": { "const": id } }, "required": ["component"] },
        "then": { "$ref": format!("#/$defs/{}", case_name(id)) },
    })
}

/// What a service of this component may say.
fn service(entry: &Entry) -> Value {
    let component: &Component = &entry.component;
    let settings = component.settings.iter().map(|(name, setting)| (name, setting_schema(setting)));
    let needs = component.needs.iter().map(|(name, need)| {
        let mut map = Map::new();
        describe(&mut map, &sentence(need.doc.as_deref().unwrap_or("An interface that it needs")));
        (name, Value::Object(map))
    });
    let with_port = || component.provides.iter().filter(|(_, interface)| interface.port.is_some());
    let ports =
        with_port().map(|(name, interface)| (name, interface_schema(interface, json!(interface.port))));
    let expose =
        with_port().map(|(name, interface)| (name, interface_schema(interface, json!(interface.exposure))));
    json!({
        "title": component.component.value,
        "description": sentence(&component.summary),
        "properties": {
            "settings": section(settings),
            "needs": section(needs),
            "ports": section(ports),
            "expose": section(expose),
        },
    })
}

/// A map with these keys and no others.
fn section<'a>(keys: impl Iterator<Item = (&'a String, Value)>) -> Value {
    let mut properties = Map::new();
    for (name, mut schema) in keys {
        entitle(&mut schema, &title_of(name));
        properties.insert(name.clone(), schema);
    }
    json!({ "properties": properties, "additionalProperties": false })
}

fn interface_schema(interface: &Interface, default: Value) -> Value {
    let mut map = Map::from_iter([("default".to_owned(), default)]);
    let transports: Vec<&str> = interface.transport.list().iter().map(|t| t.word()).collect();
    let port = interface.port.unwrap_or_default();
    let facts = format!("Port {port}/{}, {}.", transports.join("+"), interface.exposure.word());
    let text = match &interface.doc {
        Some(doc) => format!("{} {facts}", sentence(doc)),
        None => facts,
    };
    describe(&mut map, &text);
    Value::Object(map)
}

/// The schema of one setting. It refuses nothing that the compiler takes.
fn setting_schema(setting: &Setting) -> Value {
    let mut map = Map::new();
    let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
    match setting.kind {
        SettingType::Text => put("type", json!("string")),
        SettingType::Integer => put("type", json!("integer")),
        SettingType::Number => put("type", json!("number")),
        SettingType::Boolean => put("type", json!("boolean")),
        SettingType::Enum => put("type", json!("string")),
        SettingType::Duration => put("$ref", json!("#/$defs/Duration")),
        SettingType::Size => put("$ref", json!("#/$defs/ByteSize")),
        SettingType::Secret => put("$ref", json!("#/$defs/SecretRef")),
        SettingType::Url => {
            put("examples", json!(["https://host.example.com", "http://192.0.2.1:8080"]));
            put("type", json!("string"));
            put("pattern", json!("^[A-Za-z0-9+.-]+://\\S+$"))
        }
        SettingType::EthereumAddress => {
            // Not a real address: one that is offered is one that is taken over by mistake. This one is
            // refused by `netgen check` until it is replaced.
            put("examples", json!([format!("0x{}", "0".repeat(40))]));
            put("type", json!("string"));
            put("pattern", json!("^0x[0-9A-Fa-f]{40}$"))
        }
        SettingType::List => {
            put("items", json!({ "type": "string" }));
            put("type", json!("array"))
        }
        SettingType::UrlList => {
            put("items", json!({ "type": "string", "pattern": "^[A-Za-z0-9+.-]+://\\S+$" }));
            put("type", json!("array"))
        }
    };
    for (keyword, limit) in [("minimum", setting.min), ("maximum", setting.max)] {
        if let Some(limit) = limit {
            put(keyword, json!(limit));
        }
    }
    if let Some(default) = setting.default.as_ref().filter(|default| **default != json!([])) {
        put("default", default.clone());
    }
    if setting.kind == SettingType::Enum {
        let words = setting.values.iter().map(|(word, text)| (json!(word), sentence(text))).collect();
        enumeration(&mut map, words);
    }
    let text = sentence(&setting.doc);
    describe(&mut map, &format!("{text}{}", where_unset(setting)));
    Value::Object(map)
}

/// What happens where the manifest does not set it, unless the default says it.
fn where_unset(setting: &Setting) -> String {
    let from = setting.same_as.as_ref();
    match (&setting.default, setting.generate, from) {
        (Some(_), _, _) => String::new(),
        (None, Some(_), _) => " Without it, the deploy makes one and keeps it.".to_owned(),
        (None, None, Some(same)) => {
            format!(" Without it, the `{}` of what `{}` is bound to.", same.setting, same.need)
        }
        (None, None, None) if setting.optional => " Without it, the program decides.".to_owned(),
        (None, None, None) => " Must be set.".to_owned(),
    }
}

/// The one-liners of the catalog have no full stop; here text may follow them.
fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.is_empty() || text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}
