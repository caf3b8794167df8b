//! The values of the model as text, and the origin of each.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::Origin;
use super::build::{Section, Source, json, sections};
use super::item::{Item, Leaf, Otherwise};
use super::pretty::{Block, Piece, inside, pretty};
use crate::hashed::HashSet;
use crate::plan::Plan;
use crate::text::{holds_secrets, mask_secrets};
use crate::value::{Node as Tree, pointer};

/// How many steps the maps of values and of origins stand in.
const DEPTH: usize = 1;

/// The values of a network as text, with all keys in order, and where they come from.
pub(super) struct Values {
    sections: Vec<(&'static str, Section<Piece>)>,
    origins: BTreeMap<String, Vec<Pointers>>,
}

/// The pointers to some values of one origin, in order.
struct Pointers {
    /// Pointers to the values of one part of the model stand together, so parts are put in order as wholes.
    first: String,
    /// To that part.
    part: String,
    /// From there, as lines of JSON. Thousands of services of one kind have the same.
    below: Arc<str>,
}

/// What pointers of several parts have in common, each once.
#[derive(Default)]
struct Common(Mutex<HashSet<Arc<str>>>);

impl Common {
    fn get(&self, below: String) -> Arc<str> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = all.get(below.as_str()) {
            return Arc::clone(same);
        }
        let below: Arc<str> = below.into();
        all.insert(Arc::clone(&below));
        below
    }
}

impl Values {
    /// Those of a network. `tree` is its merged manifest.
    pub(super) fn of(plan: &Plan, tree: &Tree) -> Self {
        let source = Source { plan, tree, told: false };
        let mut by_origin: BTreeMap<Origin, Vec<Pointers>> = BTreeMap::new();
        let mut take = |part: Part| {
            for (origin, pointers) in part.origins {
                by_origin.entry(origin).or_default().push(pointers);
            }
            part.text
        };
        let common = Common::default();
        let mut texts = Vec::new();
        for (key, section) in sections(&source, |steps, item| Part::of(tree, steps, item, &common)) {
            let section = match section {
                Section::One(part) => Section::One(take(part)),
                Section::Named(parts) => {
                    let mut parts: Vec<_> =
                        parts.into_iter().map(|(name, part)| (name, take(part))).collect();
                    parts.sort_by(|(a, _), (b, _)| a.cmp(b));
                    Section::Named(parts)
                }
            };
            texts.push((key, section));
        }
        texts.sort_by_key(|(key, _)| *key);
        let in_order = |(origin, mut all): (Origin, Vec<Pointers>)| {
            all.sort_unstable_by(|a, b| a.first.cmp(&b.first));
            (json(&origin).as_str().unwrap_or_default().to_owned(), all)
        };
        Self { sections: texts, origins: by_origin.into_iter().map(in_order).collect() }
    }

    /// About how long they are, with their origins.
    pub(super) fn size(&self) -> usize {
        /// A name, and what stands around it.
        const AROUND: usize = 64;
        let texts = self.sections.iter().map(|(_, section)| match section {
            Section::One(text) => AROUND + text.len(),
            Section::Named(parts) => {
                AROUND + parts.iter().map(|(name, text)| AROUND + name.len() + text.len()).sum::<usize>()
            }
        });
        // Each line without its end has less around it than this.
        let long = |all: &Pointers| all.below.len() + all.below.lines().count() * (16 + all.part.len());
        let pointers = self.origins.values().flatten().map(long);
        texts.chain(pointers).sum()
    }

    /// Adds where they come from.
    pub(super) fn add_origins(&mut self, out: &mut Vec<u8>) {
        let mut map = Block::map(out, DEPTH);
        for (origin, all) in std::mem::take(&mut self.origins) {
            let mut list = Block::list(map.key(&origin), DEPTH + 1);
            for Pointers { part, below, .. } in all {
                below.lines().for_each(|below| list.item(&part, below));
            }
            list.end();
        }
        map.end();
    }

    /// Adds the values themselves.
    pub(super) fn add(self, out: &mut Vec<u8>) {
        let mut map = Block::map(out, DEPTH);
        for (key, section) in self.sections {
            match section {
                Section::One(text) => map.key(key).extend_from_slice(&text),
                Section::Named(parts) => {
                    let mut named = Block::map(map.key(key), DEPTH + 1);
                    parts.into_iter().for_each(|(name, text)| named.key(&name).extend_from_slice(&text));
                    named.end();
                }
            }
        }
        map.end();
    }
}

/// A part of the model.
struct Part {
    text: Piece,
    origins: BTreeMap<Origin, Pointers>,
}

impl Part {
    fn of(tree: &Tree, steps: &[&str], mut item: Item, common: &Common) -> Self {
        mask(&mut item);
        // The order of keys in the manifest means nothing, and differs by its format.
        item.sort();
        let text = pretty(DEPTH + steps.len(), &item);
        Self { text, origins: origins(tree, steps, &item, common) }
    }
}

/// Where the values of a part come from. What is in no list follows from others.
fn origins(tree: &Tree, steps: &[&str], item: &Item, common: &Common) -> BTreeMap<Origin, Pointers> {
    // All pointers one after the other, and where each stands.
    let mut all = String::new();
    let mut found: BTreeMap<Origin, Vec<Range<usize>>> = BTreeMap::new();
    let mut see = |at: &str, leaf: &Leaf| {
        let origin = match &leaf.otherwise {
            _ if leaf.written.iter().any(|place| tree.at(place).exact) => Origin::Manifest,
            Otherwise::Component { .. } => Origin::Component,
            Otherwise::Chain(_) => Origin::Chain,
            Otherwise::Language => Origin::Language,
            Otherwise::Lock => Origin::Lock,
            Otherwise::Rule(_) => return,
        };
        let start = all.len();
        all.push_str(at);
        found.entry(origin).or_default().push(start..all.len());
    };
    item.each_leaf(&mut String::new(), &mut see);
    let part = pointer(steps.iter().copied());
    let sorted = |(origin, places): (Origin, Vec<Range<usize>>)| {
        let mut below: Vec<&str> = places.into_iter().filter_map(|place| all.get(place)).collect();
        // Nearly so already.
        below.sort();
        below.dedup();
        let first = format!("{part}{}", below.first().copied().unwrap_or_default());
        let below = common.get(below.into_iter().flat_map(|at| [inside(at), "\n".into()]).collect());
        (origin, Pointers { first, part: inside(&part).into_owned(), below })
    };
    found.into_iter().map(sorted).collect()
}

/// What looks like a secret is none of the values, but it may stand among them by mistake.
pub fn masked(mut value: Value) -> Value {
    let mut texts = String::new();
    add_texts(&value, &mut texts);
    if holds_secrets(&texts) {
        mask_each(&mut value);
    }
    value
}

fn mask(item: &mut Item) {
    // Nearly always none does, which is seen sooner in all texts at once.
    let mut texts = String::new();
    item.each_value(&mut |value| add_texts(value, &mut texts));
    if holds_secrets(&texts) {
        item.each_value(&mut mask_each);
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
