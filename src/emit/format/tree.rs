//! What a serde value says, as a tree: the shape between a caller's types and a YAML file.
//!
//! A writer needs to see a whole scalar before it chooses the quotes, and some scalars must be
//! marked (`!unsafe` for Ansible, a wanted `${VAR}` for Compose). Both are done on this tree, so
//! callers keep their plain `#[derive(Serialize)]` structs.

use std::collections::BTreeSet;
use std::fmt;

use serde::ser::{self, Serialize};

/// Newtype names that mark a string; serde passes them as `&'static str`, so no data can forge one.
pub(super) const UNSAFE: &str = "$netgen::Unsafe";
pub(super) const INTERPOLATED: &str = "$netgen::Interpolated";

/// Readers stop at 128 levels (libyaml, serde_json); a deeper tree is a bug or an attack.
const MAX_DEPTH: usize = 100;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
    /// Text that Ansible must not evaluate.
    Unsafe(String),
    /// Text whose `$` is meant for Compose.
    Interpolated(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

impl Node {
    pub(super) fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, Problem> {
        value.serialize(ToNode { depth: 0, mark: None })
    }

    /// Changes every string value; keys stay as they are.
    pub(super) fn map_text(&mut self, change: &dyn Fn(&mut String)) {
        match self {
            Self::Text(text) | Self::Unsafe(text) => change(text),
            Self::List(items) => items.iter_mut().for_each(|item| item.map_text(change)),
            Self::Map(entries) => entries.iter_mut().for_each(|(_, value)| value.map_text(change)),
            _ => {}
        }
    }
}

/// Why a value has no tree.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) reason: String,
    pub(super) value: String,
}

impl Problem {
    fn new(reason: &str, value: impl fmt::Display) -> Self {
        Self { reason: reason.to_owned(), value: value.to_string() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Problem {}

impl ser::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { reason: message.to_string(), value: String::new() }
    }
}

#[derive(Clone, Copy)]
struct ToNode {
    depth: usize,
    mark: Option<&'static str>,
}

impl ToNode {
    fn deeper(self) -> Result<Self, Problem> {
        if self.depth >= MAX_DEPTH {
            return Err(Problem::new("it is nested too deeply", ""));
        }
        Ok(Self { depth: self.depth + 1, mark: None })
    }

    fn list(self, variant: Option<&'static str>) -> Result<ListBuilder, Problem> {
        Ok(ListBuilder { items: Vec::new(), ser: self.deeper()?, variant })
    }

    fn map(self, variant: Option<&'static str>) -> Result<MapBuilder, Problem> {
        Ok(MapBuilder { entries: Vec::new(), seen: BTreeSet::new(), key: None, ser: self.deeper()?, variant })
    }
}

/// `{variant: node}`, serde's usual shape of an enum with data.
fn wrap(variant: Option<&'static str>, node: Node) -> Node {
    match variant {
        Some(name) => Node::Map(vec![(Node::Text(name.to_owned()), node)]),
        None => node,
    }
}

macro_rules! scalars {
    ($($method:ident($type:ty) => $node:ident as $wide:ty),* $(,)?) => {$(
        fn $method(self, value: $type) -> Result<Node, Problem> {
            Ok(Node::$node(<$wide>::from(value)))
        }
    )*};
}

impl ser::Serializer for ToNode {
    type Ok = Node;
    type Error = Problem;
    type SerializeSeq = ListBuilder;
    type SerializeTuple = ListBuilder;
    type SerializeTupleStruct = ListBuilder;
    type SerializeTupleVariant = ListBuilder;
    type SerializeMap = MapBuilder;
    type SerializeStruct = MapBuilder;
    type SerializeStructVariant = MapBuilder;

    scalars! {
        serialize_bool(bool) => Bool as bool,
        serialize_i8(i8) => Signed as i64,
        serialize_i16(i16) => Signed as i64,
        serialize_i32(i32) => Signed as i64,
        serialize_i64(i64) => Signed as i64,
        serialize_u8(u8) => Unsigned as u64,
        serialize_u16(u16) => Unsigned as u64,
        serialize_u32(u32) => Unsigned as u64,
        serialize_u64(u64) => Unsigned as u64,
    }

    fn serialize_i128(self, value: i128) -> Result<Node, Problem> {
        i64::try_from(value).map(Node::Signed).map_err(|_| Problem::new("the number is too large", value))
    }

    fn serialize_u128(self, value: u128) -> Result<Node, Problem> {
        u64::try_from(value).map(Node::Unsigned).map_err(|_| Problem::new("the number is too large", value))
    }

    fn serialize_f32(self, value: f32) -> Result<Node, Problem> {
        // Through the shortest decimal, so that 0.1f32 stays 0.1 and not 0.10000000149011612.
        self.serialize_f64(value.to_string().parse().unwrap_or(f64::from(value)))
    }

    fn serialize_f64(self, value: f64) -> Result<Node, Problem> {
        // `.inf` and `.nan` exist in YAML but in none of the tools behind it.
        if value.is_finite() {
            Ok(Node::Float(value))
        } else {
            Err(Problem::new("it is not a finite number", value))
        }
    }

    fn serialize_char(self, value: char) -> Result<Node, Problem> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<Node, Problem> {
        let text = value.to_owned();
        Ok(match self.mark {
            Some(UNSAFE) => Node::Unsafe(text),
            Some(INTERPOLATED) => Node::Interpolated(text),
            _ => Node::Text(text),
        })
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Node, Problem> {
        Ok(Node::List(value.iter().map(|byte| Node::Unsigned(u64::from(*byte))).collect()))
    }

    fn serialize_none(self) -> Result<Node, Problem> {
        Ok(Node::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Node, Problem> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Node, Problem> {
        Ok(Node::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Node, Problem> {
        Ok(Node::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Node, Problem> {
        Ok(Node::Text(variant.to_owned()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Node, Problem> {
        let mark = [UNSAFE, INTERPOLATED].contains(&name).then_some(name).or(self.mark);
        value.serialize(Self { mark, ..self })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Node, Problem> {
        Ok(wrap(Some(variant), value.serialize(self.deeper()?)?))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<ListBuilder, Problem> {
        self.list(None)
    }

    fn serialize_tuple(self, _: usize) -> Result<ListBuilder, Problem> {
        self.list(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<ListBuilder, Problem> {
        self.list(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<ListBuilder, Problem> {
        self.list(Some(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<MapBuilder, Problem> {
        self.map(None)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<MapBuilder, Problem> {
        self.map(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<MapBuilder, Problem> {
        self.map(Some(variant))
    }
}

struct ListBuilder {
    items: Vec<Node>,
    ser: ToNode,
    variant: Option<&'static str>,
}

impl ListBuilder {
    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
        self.items.push(value.serialize(self.ser)?);
        Ok(())
    }

    fn done(self) -> Node {
        wrap(self.variant, Node::List(self.items))
    }
}

struct MapBuilder {
    entries: Vec<(Node, Node)>,
    seen: BTreeSet<String>,
    key: Option<Node>,
    ser: ToNode,
    variant: Option<&'static str>,
}

impl MapBuilder {
    fn set_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Problem> {
        let key = key.serialize(self.ser)?;
        let shown = match &key {
            Node::Text(text) => text.clone(),
            Node::Bool(value) => value.to_string(),
            Node::Signed(value) => value.to_string(),
            Node::Unsigned(value) => value.to_string(),
            _ => return Err(Problem::new("a key must be a string or an integer", "")),
        };
        // A repeated key is an error for strict readers and a silent loss for the others.
        if !self.seen.insert(shown.clone()) {
            return Err(Problem::new("the key appears twice", shown));
        }
        self.key = Some(key);
        Ok(())
    }

    fn set_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
        let value = value.serialize(self.ser)?;
        let key = self.key.take().ok_or_else(|| Problem::new("a value has no key", ""))?;
        self.entries.push((key, value));
        Ok(())
    }

    fn done(self) -> Node {
        wrap(self.variant, Node::Map(self.entries))
    }
}

macro_rules! list_builder {
    ($($trait:ident :: $method:ident),* $(,)?) => {$(
        impl ser::$trait for ListBuilder {
            type Ok = Node;
            type Error = Problem;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
                self.add(value)
            }

            fn end(self) -> Result<Node, Problem> {
                Ok(self.done())
            }
        }
    )*};
}

list_builder! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field,
}

impl ser::SerializeMap for MapBuilder {
    type Ok = Node;
    type Error = Problem;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Problem> {
        self.set_key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
        self.set_value(value)
    }

    fn end(self) -> Result<Node, Problem> {
        Ok(self.done())
    }
}

macro_rules! struct_builder {
    ($($trait:ident),*) => {$(
        impl ser::$trait for MapBuilder {
            type Ok = Node;
            type Error = Problem;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Problem> {
                self.set_key(key)?;
                self.set_value(value)
            }

            fn end(self) -> Result<Node, Problem> {
                Ok(self.done())
            }
        }
    )*};
}

struct_builder!(SerializeStruct, SerializeStructVariant);
