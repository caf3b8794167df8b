//! The values that templates see.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, Serde, Value};
use serde::{Serialize, Serializer};

use super::kept::Kept;
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

    /// What texts gave in scopes that are the same, if that is kept.
    fn kept(&self) -> Option<&Kept> {
        None
    }
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

    fn kept(&self) -> Option<&Kept> {
        (*self).kept()
    }
}

/// A map for a scope, of which only what is asked for is made.
#[derive(Debug)]
pub struct Parts<'r> {
    reads: &'r Reads,
    made: Made,
}

/// What is made of a map so far.
#[derive(Clone, Debug, Default)]
pub struct Made {
    values: Vec<(Value, Value)>,
    /// A name that is there and nobody asks for.
    other: Option<Value>,
}

impl<'r> Parts<'r> {
    /// An empty one.
    pub fn new(reads: &'r Reads) -> Self {
        Self::of(reads, Made::default())
    }

    /// One that begins with what was made before for those who ask the same.
    pub fn of(reads: &'r Reads, made: Made) -> Self {
        Self { reads, made }
    }

    /// Adds a value under a name, if it is asked for; it hears which parts of it are.
    pub fn add<T: Serialize>(&mut self, name: &str, make: impl FnOnce(&Reads) -> T) {
        let Made { values, other } = &mut self.made;
        match self.reads.part(name) {
            Some(reads) => values.push((Value::from(name), Value::from(Serde(&make(reads))))),
            None if values.is_empty() && other.is_none() => *other = Some(Value::from(name)),
            None => {}
        }
    }

    /// What is made, to begin others with.
    pub fn made(self) -> Made {
        self.made
    }

    /// The map. It is empty only where there is no name at all, so it is as true as the whole.
    pub fn done(self) -> Context {
        let Made { mut values, other } = self.made;
        if values.is_empty() {
            values.extend(other.map(|name| (name, Value::from(()))));
        }
        Context(match values.len() {
            0..=FEW => Value::from_object(Few(values)),
            _ => Value::from_pairs(values),
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
