//! The values of the model, and the origin of each.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::Origin;
use super::build::{Section, Source, sections};
use super::item::{Item, Leaf, Otherwise};
use crate::plan::Plan;
use crate::text::{holds_secrets, mask_secrets};
use crate::value::{Node as Tree, pointer};

/// The values of a network with all keys in order, and where they come from.
pub(super) fn values(plan: &Plan, tree: &Tree) -> (Value, BTreeMap<Origin, BTreeSet<String>>) {
    let source = Source { plan, tree, told: false };
    let mut origins: BTreeMap<Origin, Vec<String>> = BTreeMap::new();
    let mut take = |part: Part| {
        for (origin, pointer) in part.origins {
            origins.entry(origin).or_default().push(pointer);
        }
        part.value
    };
    let mut values = Map::new();
    for (key, section) in sections(&source, |steps, item| Part::of(tree, steps, item)) {
        let value = match section {
            Section::One(part) => take(part),
            Section::Named(parts) => {
                let mut map: Map<String, Value> =
                    parts.into_iter().map(|(name, part)| (name, take(part))).collect();
                map.sort_keys();
                Value::Object(map)
            }
        };
        values.insert(key.to_owned(), value);
    }
    values.sort_keys();
    let origins = origins.into_iter().map(|(origin, all)| (origin, BTreeSet::from_iter(all)));
    (Value::Object(values), origins.collect())
}

/// A part of the values, and where each comes from.
struct Part {
    value: Value,
    origins: Vec<(Origin, String)>,
}

impl Part {
    fn of(tree: &Tree, steps: &[&str], item: Item) -> Self {
        let mut origins = Vec::new();
        let mut see = |at: &str, leaf: &Leaf| {
            let origin = match &leaf.otherwise {
                _ if leaf.written.iter().any(|place| tree.at(place).exact) => Origin::Manifest,
                Otherwise::Component { .. } => Origin::Component,
                Otherwise::Chain(_) => Origin::Chain,
                Otherwise::Language => Origin::Language,
                Otherwise::Lock => Origin::Lock,
                Otherwise::Rule(_) => return,
            };
            origins.push((origin, at.to_owned()));
        };
        let mut value = item.into_json(&mut pointer(steps.iter().copied()), &mut see);
        mask(&mut value);
        // The order of keys in the manifest means nothing, and differs by its format.
        value.sort_all_objects();
        Self { value, origins }
    }
}

/// What looks like a secret is none of the values, but it may stand among them by mistake.
pub fn masked(mut value: Value) -> Value {
    mask(&mut value);
    value
}

fn mask(value: &mut Value) {
    // Nearly always none does, which is seen sooner in all texts at once.
    let mut texts = String::new();
    add_texts(value, &mut texts);
    if holds_secrets(&texts) {
        mask_each(value);
    }
}

/// Adds every text in a value, each on lines of its own.
fn add_texts(value: &Value, texts: &mut String) {
    match value {
        Value::String(text) => texts.extend([text, "\n"]),
        Value::Array(items) => items.iter().for_each(|item| add_texts(item, texts)),
        Value::Object(map) => map.values().for_each(|item| add_texts(item, texts)),
        _ => {}
    }
}

fn mask_each(value: &mut Value) {
    match value {
        Value::String(text) => {
            let masked = mask_secrets(text);
            if *masked != **text {
                *text = masked.to_string();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask_each),
        Value::Object(map) => map.values_mut().for_each(mask_each),
        _ => {}
    }
}
