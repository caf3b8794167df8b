//! One tree of values that know why they are what they are.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::value::{pointer_below, push_step, steps};

/// A part of the model.
#[derive(Clone, Debug)]
pub enum Item {
    /// Parts by key, in the order in which they are shown.
    Map(Vec<(String, Self)>),
    /// Parts in an order that counts.
    List(Vec<Self>),
    /// A value.
    Leaf(Leaf),
}

/// A value with its origin.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// The value; may be a list or a map that the manifest gives as a whole.
    pub value: Value,
    /// Where the manifest can say it, as JSON pointers; the first that is there is the origin.
    pub written: Vec<String>,
    /// The origin where the manifest does not say it.
    pub otherwise: Otherwise,
}

/// Where a value comes from that the manifest does not give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// The data of a component.
    Component {
        /// Its id.
        id: String,
        /// The key in its file, with dots.
        key: String,
        /// Whether the file may leave it out, as the key has a default of its own.
        optional: bool,
    },
    /// The data of a chain, by its id.
    Chain(String),
    /// A default of the manifest language.
    Language,
    /// The lock.
    Lock,
    /// A rule of the resolver, in words.
    Rule(Cow<'static, str>),
}

impl Item {
    /// A value that the manifest can say at these places.
    pub(super) fn leaf(
        value: impl Into<Value>,
        written: impl IntoIterator<Item = String>,
        otherwise: Otherwise,
    ) -> Self {
        Self::Leaf(Leaf { value: value.into(), written: written.into_iter().collect(), otherwise })
    }

    /// A value that follows from others.
    pub(super) fn rule(value: impl Into<Value>, rule: impl Into<Cow<'static, str>>) -> Self {
        Self::leaf(value, [], Otherwise::Rule(rule.into()))
    }

    /// The values alone.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Map(entries) => {
                Value::Object(entries.iter().map(|(key, item)| (key.clone(), item.to_json())).collect())
            }
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Leaf(leaf) => leaf.value.clone(),
        }
    }

    /// Puts all keys in order, those of values that are given as a whole, too.
    pub(super) fn sort(&mut self) {
        match self {
            Self::Map(entries) => {
                entries.sort_by(|(a, _), (b, _)| a.cmp(b));
                entries.iter_mut().for_each(|(_, item)| item.sort());
            }
            Self::List(items) => items.iter_mut().for_each(Self::sort),
            Self::Leaf(leaf) => leaf.value.sort_all_objects(),
        }
    }

    /// Every value, to be changed.
    pub(super) fn each_value(&mut self, change: &mut impl FnMut(&mut Value)) {
        match self {
            Self::Map(entries) => entries.iter_mut().for_each(|(_, item)| item.each_value(change)),
            Self::List(items) => items.iter_mut().for_each(|item| item.each_value(change)),
            Self::Leaf(leaf) => change(&mut leaf.value),
        }
    }

    /// `see` is given every single value with its pointer, which begins with that of the item. Lists and
    /// maps that are given as a whole are taken apart; empty ones are values.
    pub(super) fn each_leaf(&self, at: &mut String, see: &mut impl FnMut(&str, &Leaf)) {
        match self {
            Self::Map(entries) => {
                entries.iter().for_each(|(key, item)| stepped(at, key, |at| item.each_leaf(at, see)));
            }
            Self::List(items) => items.iter().enumerate().for_each(|(place, item)| {
                stepped(at, &place.to_string(), |at| item.each_leaf(at, see));
            }),
            Self::Leaf(leaf) => leaf.see(at, see),
        }
    }

    /// Every single value below, with the steps that lead to it.
    pub fn leaves(&self) -> Vec<(Vec<String>, Leaf)> {
        let mut found = Vec::new();
        self.each_leaf(&mut String::new(), &mut |at, leaf| {
            found.push((steps(at).map(Cow::into_owned).collect(), leaf.clone()));
        });
        found
    }

    /// The part under one step.
    pub fn step(self, step: &str) -> Option<Self> {
        match self {
            Self::Map(entries) => entries.into_iter().find(|(key, _)| key == step).map(|(_, item)| item),
            Self::List(items) => step.parse::<usize>().ok().and_then(|at| items.into_iter().nth(at)),
            Self::Leaf(leaf) => leaf.parts()?.into_iter().find(|(key, _)| key == step).map(|(_, item)| item),
        }
    }

    /// The steps that lead on from here.
    pub fn keys(&self) -> Vec<String> {
        match self {
            Self::Map(entries) => entries.iter().map(|(key, _)| key.clone()).collect(),
            Self::List(items) => (0..items.len()).map(|at| at.to_string()).collect(),
            Self::Leaf(leaf) => leaf.parts().into_iter().flatten().map(|(key, _)| key).collect(),
        }
    }
}

/// The values alone.
impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Map(entries) => serializer.collect_map(entries.iter().map(|(key, item)| (key, item))),
            Self::List(items) => serializer.collect_seq(items),
            Self::Leaf(leaf) => leaf.value.serialize(serializer),
        }
    }
}

/// Goes down by one step, and back.
fn stepped(at: &mut String, step: &str, below: impl FnOnce(&mut String)) {
    let before = at.len();
    push_step(at, step);
    below(at);
    at.truncate(before);
}

impl Leaf {
    /// Shows every single value in this one.
    fn see(&self, at: &mut String, see: &mut impl FnMut(&str, &Self)) {
        match self.parts() {
            Some(parts) => {
                for (key, item) in parts {
                    if let Item::Leaf(leaf) = item {
                        stepped(at, &key, |at| leaf.see(at, see));
                    }
                }
            }
            None => see(at, self),
        }
    }

    /// What is below a list or a map that is given as a whole; `None` where nothing is.
    fn parts(&self) -> Option<Vec<(String, Item)>> {
        let parts: Vec<(String, Item)> = match &self.value {
            Value::Object(map) => map.iter().map(|(key, value)| self.below(key, value)).collect(),
            Value::Array(items) => {
                items.iter().enumerate().map(|(at, item)| self.below(&at.to_string(), item)).collect()
            }
            _ => return None,
        };
        (!parts.is_empty()).then_some(parts)
    }

    /// A part of a value that is given as a whole.
    fn below(&self, key: &str, value: &Value) -> (String, Item) {
        let written = self.written.iter().map(|pointer| pointer_below(pointer, key)).collect();
        let leaf = Self { value: value.clone(), written, otherwise: self.otherwise.clone() };
        (key.to_owned(), Item::Leaf(leaf))
    }
}

/// A map while it is filled.
#[derive(Default)]
pub(super) struct Fields(Vec<(String, Item)>);

impl Fields {
    pub(super) fn put(&mut self, key: &str, item: Item) {
        self.0.push((key.to_owned(), item));
    }

    /// Adds a part where there is one.
    pub(super) fn maybe(&mut self, key: &str, item: Option<Item>) {
        if let Some(item) = item {
            self.put(key, item);
        }
    }

    /// Adds a map, if anything is in it.
    pub(super) fn map(&mut self, key: &str, fields: Self) {
        if !fields.0.is_empty() {
            self.put(key, Item::Map(fields.0));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_item(self) -> Item {
        Item::Map(self.0)
    }
}

/// The fields of a value that serializes to a map, without empty ones.
pub(super) fn object(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(map)) => map.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Map::new(),
    }
}
