//! What the page reads of a dashboard. It is drawn as far as it goes: what has another form than Grafana gives it
//! is taken for what is not there.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A dashboard.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct Dashboard {
    pub(super) title: Text,
    pub(super) description: Text,
    pub(super) tags: List<Text>,
    pub(super) time: Part<Time>,
    pub(super) refresh: Text,
    pub(super) templating: Part<Templating>,
    pub(super) links: List<Part<Link>>,
    pub(super) panels: List<Part<Panel>>,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct Time {
    pub(super) from: Text,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct Templating {
    pub(super) list: List<Part<Variable>>,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct Variable {
    pub(super) name: Text,
    pub(super) current: Part<Current>,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct Current {
    pub(super) text: Text,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct Link {
    pub(super) title: Text,
}

/// A panel, or the heading of a row.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Panel {
    #[serde(rename = "type")]
    pub(super) kind: Text,
    pub(super) title: Text,
    pub(super) description: Text,
    pub(super) grid_pos: Part<Place>,
    pub(super) targets: List<Part<Target>>,
    pub(super) links: List<IgnoredAny>,
    pub(super) field_config: Part<FieldConfig>,
    pub(super) transformations: List<Part<Transformation>>,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct Place {
    pub(super) x: Whole,
    pub(super) y: Whole,
    pub(super) w: Whole,
    pub(super) h: Whole,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Target {
    pub(super) expr: Text,
    pub(super) legend_format: Text,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct FieldConfig {
    pub(super) defaults: Part<Defaults>,
    pub(super) overrides: List<Part<Override>>,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct Defaults {
    pub(super) unit: Text,
    pub(super) thresholds: Part<Thresholds>,
    pub(super) custom: Part<Custom>,
    pub(super) mappings: List<Part<Mapping>>,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct Thresholds {
    pub(super) steps: List<Part<Step>>,
}

/// A step of the thresholds: where it begins, and its colour.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct Step {
    pub(super) value: Number,
    pub(super) color: Text,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Custom {
    pub(super) thresholds_style: Part<Style>,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct Style {
    pub(super) mode: Text,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct Mapping {
    pub(super) options: Fields<Part<Words>>,
}

/// What stands for a value.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct Words {
    pub(super) text: Text,
    pub(super) color: Text,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct Override {
    pub(super) matcher: Part<Matcher>,
    pub(super) properties: List<Part<Property>>,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct Matcher {
    pub(super) options: Text,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct Property {
    pub(super) id: Text,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct Transformation {
    pub(super) id: Text,
    pub(super) options: Part<Organize>,
}

/// The columns of a table: their places, and other names for some.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Organize {
    pub(super) index_by_name: Fields<Whole>,
    pub(super) rename_by_name: Fields<Text>,
}

/// A text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Text(Option<String>);

/// A whole number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Whole(pub(super) Option<i64>);

/// A number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Number(pub(super) Option<f64>);

/// A list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct List<T>(Vec<T>);

/// A map that is known by its keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Part<T>(T);

/// A map in its order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fields<T>(Vec<(String, T)>);

impl Text {
    /// The text; empty where there is none.
    pub(super) fn word(&self) -> &str {
        self.get().unwrap_or_default()
    }

    /// The text, where there is one.
    pub(super) fn get(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Default for Fields<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for List<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> Deref for Part<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Deref for Fields<T> {
    type Target = [(String, T)];
    fn deref(&self) -> &[(String, T)] {
        &self.0
    }
}

/// What is made of a value of any form. What it does not take is as if it were not there.
trait Take<'de>: Default {
    fn text(_: &str) -> Self {
        Self::default()
    }

    fn whole(_: i64) -> Self {
        Self::default()
    }

    fn number(_: f64) -> Self {
        Self::default()
    }

    fn list<A: SeqAccess<'de>>(mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }

    fn map<A: MapAccess<'de>>(mut entries: A) -> Result<Self, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

impl Take<'_> for Text {
    fn text(text: &str) -> Self {
        Self(Some(text.to_owned()))
    }
}

impl Take<'_> for Whole {
    fn whole(number: i64) -> Self {
        Self(Some(number))
    }
}

impl Take<'_> for Number {
    #[expect(clippy::cast_precision_loss, reason = "as far as it can be drawn")]
    fn whole(number: i64) -> Self {
        Self(Some(number as f64))
    }

    fn number(number: f64) -> Self {
        Self(Some(number))
    }
}

impl<'de, T: Deserialize<'de>> Take<'de> for List<T> {
    fn list<A: SeqAccess<'de>>(mut items: A) -> Result<Self, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(Self(all))
    }
}

impl<'de, T: Deserialize<'de>> Take<'de> for Fields<T> {
    fn map<A: MapAccess<'de>>(mut entries: A) -> Result<Self, A::Error> {
        let mut all = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            all.push(entry);
        }
        Ok(Self(all))
    }
}

impl<'de, T: Deserialize<'de> + Default> Take<'de> for Part<T> {
    fn map<A: MapAccess<'de>>(entries: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(entries)).map(Self)
    }
}

struct Taker<T>(PhantomData<T>);

impl<'de, T: Take<'de>> Visitor<'de> for Taker<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok(T::text(text))
    }

    fn visit_i64<E>(self, number: i64) -> Result<T, E> {
        Ok(T::whole(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<T, E> {
        #[expect(clippy::cast_precision_loss, reason = "as far as it can be drawn")]
        Ok(i64::try_from(number).map_or_else(|_| T::number(number as f64), T::whole))
    }

    fn visit_f64<E>(self, number: f64) -> Result<T, E> {
        Ok(T::number(number))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<T, A::Error> {
        T::list(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<T, A::Error> {
        T::map(entries)
    }
}

macro_rules! take_anything {
    ($($of:ty $(: $param:ident $($bound:path)?)?),* $(,)?) => {
        $(impl<'de, $($param: Deserialize<'de> $(+ $bound)?)?> Deserialize<'de> for $of {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Taker(PhantomData))
            }
        })*
    };
}

take_anything!(Text, Whole, Number, List<T>: T, Fields<T>: T, Part<T>: T Default);
