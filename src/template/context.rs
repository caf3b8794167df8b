//! The values that templates see.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, Serde, Value};
use serde::{Serialize, Serializer};

use super::reads::Reads;

/// Values for templates, converted once and cheap to use again.
#[derive(Clone, Debug)]
pub struct Context(pub(super) Value);

impl Context {
    /// Converts any serializable value.
    pub fn new<T: Serialize + ?Sized>(value: &T) -> Self {
        Self(Value::from(Serde(value)))
    }

    /// The same values and one more, which goes before one of that name. Values are shared, not copied.
    #[must_use]
    pub fn with(&self, name: &str, value: &serde_json::Value) -> Self {
        let known = self.0.try_iter().into_iter().flatten();
        let mut all: BTreeMap<String, Value> =
            known.filter_map(|key| Some((key.as_str()?.to_owned(), self.0.get_item(&key).ok()?))).collect();
        all.insert(name.to_owned(), Value::from(Serde(value)));
        Self(Value::from(all))
    }
}

impl Serialize for Context {
    // minijinja passes its own values through itself by handle, so this copies nothing.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// A name as templates write it: `_` for `-`.
pub fn spoken(name: &str) -> Cow<'_, str> {
    if name.contains('-') { Cow::Owned(name.replace('-', "_")) } else { Cow::Borrowed(name) }
}

/// What a text takes its values from.
pub trait Scope {
    /// The values.
    fn context(&self) -> Context;
}

impl Scope for Context {
    fn context(&self) -> Context {
        self.clone()
    }
}

impl Scope for serde_json::Value {
    fn context(&self) -> Context {
        Context::new(self)
    }
}

impl<T: Scope> Scope for &T {
    fn context(&self) -> Context {
        (*self).context()
    }
}

/// A map for a scope, of which only what is asked for is made.
#[derive(Debug)]
pub struct Parts<'r> {
    reads: &'r Reads,
    made: Vec<(Value, Value)>,
    /// A name that is there and nobody asks for.
    other: Option<Value>,
}

impl<'r> Parts<'r> {
    /// An empty one.
    pub fn new(reads: &'r Reads) -> Self {
        Self { reads, made: Vec::new(), other: None }
    }

    /// Adds a value under a name, if it is asked for; it hears which parts of it are.
    pub fn add<T: Serialize>(&mut self, name: &str, make: impl FnOnce(&Reads) -> T) {
        match self.reads.part(name) {
            Some(reads) => self.made.push((Value::from(name), Value::from(Serde(&make(reads))))),
            None if self.made.is_empty() && self.other.is_none() => self.other = Some(Value::from(name)),
            None => {}
        }
    }

    /// The map. It is empty only where there is no name at all, so it is as true as the whole.
    pub fn done(mut self) -> Context {
        if self.made.is_empty() {
            self.made.extend(self.other.map(|name| (name, Value::from(()))));
        }
        Context(match self.made.len() {
            0..=FEW => Value::from_object(Few(self.made)),
            _ => Value::from_pairs(self.made),
        })
    }
}

/// As many names are found sooner one after the other than by a hash.
const FEW: usize = 12;

/// A map of few names.
#[derive(Debug)]
struct Few(Vec<(Value, Value)>);

impl Object for Few {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.0.iter().find(|(name, _)| name.as_str() == Some(key)).map(|(_, value)| value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.iter().map(|(name, _)| name.clone()).collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.0.len())
    }
}
