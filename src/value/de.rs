//! From the tree to Rust types. Answers [`Spanned`](crate::text::Spanned) with the places of keys
//! and values, and every error with the place of the innermost value where it happened.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::tape::{Taped, Values};
use super::{Entry, Kind, Node};
use crate::text::{SPANNED_NAME, SPANNED_SPAN, SPANNED_VALUE, SourceId, Span};

/// Parts the message of an error from its help: `serde` lets a type say only one text.
pub const HELP: &str = "\nhelp: ";

/// Why a tree does not fit a type.
#[derive(Clone, Debug)]
pub struct DecodeError {
    /// What does not fit.
    pub message: String,
    /// Where; [`Span::nowhere`] only for an error outside any value.
    pub span: Span,
    /// What to do about it; a type says it after [`HELP`].
    pub help: Option<String>,
}

impl DecodeError {
    fn at(mut self, span: Span) -> Self {
        if !self.span.is_somewhere() {
            self.span = span;
        }
        self
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let text = message.to_string();
        let (message, help) = match text.split_once(HELP) {
            Some((message, help)) => (message.to_owned(), Some(help.to_owned())),
            None => (text, None),
        };
        Self { message, span: Span::nowhere(), help }
    }
}

/// Decodes a tree.
pub fn decode<T: DeserializeOwned>(node: &Node) -> Result<T, DecodeError> {
    decode_value(Value::Tree(node))
}

/// Decodes a file of the binary from its tape.
pub fn decode_tape<T: DeserializeOwned>(tape: &[u8], text: &str, source: SourceId) -> Result<T, DecodeError> {
    decode_value(Value::Tape(Taped::new(tape, text, source)))
}

fn decode_value<T: DeserializeOwned>(value: Value<'_>) -> Result<T, DecodeError> {
    T::deserialize(value).map_err(|error| error.at(value.span()))
}

/// A value to decode.
#[derive(Clone, Copy)]
enum Value<'de> {
    /// Of a tree.
    Tree(&'de Node),
    /// On a tape.
    Tape(Taped<'de>),
}

/// What a value is.
pub(super) enum Shape<'de> {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    Str(&'de str),
    Seq(Items<'de>),
    Map(Entries<'de>),
}

impl<'de> Value<'de> {
    fn span(self) -> Span {
        match self {
            Self::Tree(node) => node.span,
            Self::Tape(taped) => taped.span(),
        }
    }

    fn shape(self) -> Shape<'de> {
        let node = match self {
            Self::Tree(node) => node,
            Self::Tape(taped) => return taped.shape(),
        };
        match &node.kind {
            Kind::Null => Shape::Null,
            Kind::Bool(value) => Shape::Bool(*value),
            Kind::Int(value) => Shape::Int(*value),
            Kind::UInt(value) => Shape::UInt(*value),
            Kind::Float(value) => Shape::Float(*value),
            Kind::Str(value) => Shape::Str(value),
            Kind::Seq(items) => Shape::Seq(Items::Tree(items.iter())),
            Kind::Map(map) => Shape::Map(Entries { left: Pairs::Tree(map.entries().iter()), value: None }),
        }
    }
}

impl Shape<'_> {
    /// What it is, for messages.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a truth value",
            Self::Int(_) | Self::UInt(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Str(_) => "text",
            Self::Seq(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

impl Node {
    /// What it is, for messages.
    pub fn type_name(&self) -> &'static str {
        Value::Tree(self).shape().name()
    }
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let result = match self.shape() {
            Shape::Null => visitor.visit_unit(),
            Shape::Bool(value) => visitor.visit_bool(value),
            Shape::Int(value) => visitor.visit_i64(value),
            Shape::UInt(value) => visitor.visit_u64(value),
            Shape::Float(value) => visitor.visit_f64(value),
            Shape::Str(value) => visitor.visit_borrowed_str(value),
            Shape::Seq(items) => visitor.visit_seq(items),
            Shape::Map(entries) => visitor.visit_map(entries),
        };
        result.map_err(|error| error.at(self.span()))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.shape() {
            Shape::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if name == SPANNED_NAME {
            return visitor.visit_map(Placed { span: self.span(), value: Some(self), told: false });
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let result = match self.shape() {
            Shape::Str(name) => visitor.visit_enum(Variant { name, value: None }),
            Shape::Map(mut entries) => match (entries.take(), entries.is_empty()) {
                (Some((key, value)), true) => {
                    visitor.visit_enum(Variant { name: key.text, value: Some(value) })
                }
                _ => Err(de::Error::custom("one key is wanted here")),
            },
            other => Err(de::Error::custom(format!("a word is wanted here, not {}", other.name()))),
        };
        result.map_err(|error| error.at(self.span()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

/// The values of a list.
pub(super) enum Items<'de> {
    Tree(std::slice::Iter<'de, Node>),
    Tape(Values<'de>),
}

impl<'de> From<Values<'de>> for Items<'de> {
    fn from(values: Values<'de>) -> Self {
        Self::Tape(values)
    }
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        let next = match self {
            Self::Tree(items) => items.next().map(Value::Tree),
            Self::Tape(values) => values.item().map(Value::Tape),
        };
        let Some(item) = next else { return Ok(None) };
        seed.deserialize(item).map(Some).map_err(|error| error.at(item.span()))
    }
}

/// The keys and values of a map.
pub(super) struct Entries<'de> {
    left: Pairs<'de>,
    value: Option<Value<'de>>,
}

enum Pairs<'de> {
    Tree(std::slice::Iter<'de, Entry>),
    Tape(Values<'de>),
}

impl<'de> From<Values<'de>> for Entries<'de> {
    fn from(values: Values<'de>) -> Self {
        Self { left: Pairs::Tape(values), value: None }
    }
}

impl<'de> Entries<'de> {
    fn take(&mut self) -> Option<(Key<'de>, Value<'de>)> {
        match &mut self.left {
            Pairs::Tree(entries) => entries.next().map(|entry| {
                (Key { text: &entry.key.value, span: entry.key.span }, Value::Tree(&entry.value))
            }),
            Pairs::Tape(values) => {
                values.entry().map(|(text, span, value)| (Key { text, span }, Value::Tape(value)))
            }
        }
    }

    fn is_empty(&self) -> bool {
        match &self.left {
            Pairs::Tree(entries) => entries.len() == 0,
            Pairs::Tape(values) => values.is_empty(),
        }
    }
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        let Some((key, value)) = self.take() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(key).map(Some).map_err(|error| error.at(key.span))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let value = self.value.take().ok_or_else(|| de::Error::custom("a value before its key"))?;
        seed.deserialize(value).map_err(|error| error.at(value.span()))
    }
}

/// A key: text that may be asked for its place, or for a word of an enumeration.
#[derive(Clone, Copy)]
struct Key<'de> {
    text: &'de str,
    span: Span,
}

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_borrowed_str(self.text)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if name == SPANNED_NAME {
            return visitor.visit_map(Placed { span: self.span, value: Some(self), told: false });
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_enum(Variant { name: self.text, value: None })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

/// The two fields by which [`Spanned`] asks for a place.
struct Placed<D> {
    span: Span,
    value: Option<D>,
    told: bool,
}

impl<'de, D: Deserializer<'de, Error = DecodeError>> MapAccess<'de> for Placed<D> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        let name = match (&self.value, self.told) {
            (_, false) => SPANNED_SPAN,
            (Some(_), true) => SPANNED_VALUE,
            (None, true) => return Ok(None),
        };
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        if !self.told {
            self.told = true;
            let (source, range) = self.span.pack();
            let pair = de::value::SeqDeserializer::new([source, range].into_iter());
            return seed.deserialize(pair);
        }
        let value = self.value.take().ok_or_else(|| de::Error::custom("a value was asked for twice"))?;
        let span = self.span;
        seed.deserialize(value).map_err(|error: DecodeError| error.at(span))
    }
}

struct Variant<'de> {
    name: &'de str,
    value: Option<Value<'de>>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), DecodeError> {
        let name: BorrowedStrDeserializer<'de, DecodeError> = BorrowedStrDeserializer::new(self.name);
        Ok((seed.deserialize(name.into_deserializer())?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        match self.value {
            None => Ok(()),
            Some(value) => Err(de::Error::custom("this word takes no value"))
                .map_err(|e: DecodeError| e.at(value.span())),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DecodeError> {
        match self.value {
            Some(value) => seed.deserialize(value).map_err(|error| error.at(value.span())),
            None => Err(de::Error::custom("this word needs a value")),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, DecodeError> {
        self.struct_variant(&[], visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.value {
            Some(value) => value.deserialize_any(visitor),
            None => Err(de::Error::custom("this word needs a value")),
        }
    }
}
