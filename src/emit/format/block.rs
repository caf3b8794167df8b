//! The block style of YAML, written line by line as serde walks a value: no tree stands between the two.
//!
//! Which texts need quotes is for [`super::scalar`] to say. Here is what stands around them (indents, dashes,
//! colons) and what readers would refuse: trees that are too deep, keys that appear twice or are no words.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::ops::Range;

use serde::ser::{self, Serialize};

use super::{scalar, yaml};

/// Newtype names that mark a string; serde passes them as `&'static str`, so no data can forge one.
pub(super) const UNSAFE: &str = "$netgen::Unsafe";
pub(super) const INTERPOLATED: &str = "$netgen::Interpolated";

/// Readers stop at 128 levels (libyaml, serde_json); a deeper tree is a bug or an attack.
const MAX_DEPTH: usize = 100;

/// Columns that one level is indented by: the width of `- `.
const STEP: usize = 2;

/// Who reads a document. Some have a language of their own inside the strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// Takes strings as they are.
    Yaml,
    /// Evaluates every string with a template in it that has no tag.
    Ansible {
        /// What stands before each key of the outermost map.
        prefix: &'static str,
    },
    /// Replaces every `$` that is not doubled.
    Compose,
}

/// Adds a value to a document that is empty or ends with a line end.
pub(super) fn write<T: Serialize + ?Sized>(
    text: &mut String,
    reader: Reader,
    value: &T,
) -> Result<(), Problem> {
    let mut out = Writer { text, reader, keys: Keys::default() };
    value.serialize(Value { out: &mut out, place: Place::Document, column: 0, mark: None })
}

/// Why a value cannot be written.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) reason: String,
    pub(super) value: String,
}

impl Problem {
    pub(super) fn new(reason: &str, value: impl fmt::Display) -> Self {
        Self { reason: reason.to_owned(), value: value.to_string() }
    }

    fn key() -> Self {
        Self::new("a key must be a string or an integer", "")
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

struct Writer<'t> {
    text: &'t mut String,
    reader: Reader,
    keys: Keys,
}

impl Writer<'_> {
    fn indent(&mut self, column: usize) {
        const SPACES: &str = "                                ";
        let mut left = column;
        while left > 0 {
            let some = SPACES.get(..left).unwrap_or(SPACES);
            self.text.push_str(some);
            left -= some.len();
        }
    }
}

/// The keys of all maps that are open, innermost last.
#[derive(Default)]
struct Keys {
    /// One after another: a list of strings would be one allocation for each.
    text: String,
    places: Vec<Range<usize>>,
    /// Whether the last one is greater than the one before it in its map.
    greater: bool,
}

impl Keys {
    fn at(&self, place: &Range<usize>) -> &str {
        self.text.get(place.clone()).unwrap_or("")
    }

    /// Adds a key of the map whose keys start at `first`.
    fn add(&mut self, first: usize, key: &str) {
        let before = self.places.get(first..).and_then(<[_]>::last);
        self.greater = before.is_none_or(|before| self.at(before) < key);
        let start = self.text.len();
        self.text.push_str(key);
        self.places.push(start..self.text.len());
    }

    /// Forgets the keys of a map; a key that is there twice is an error.
    fn close(&mut self, first: usize, sorted: bool) -> Result<(), Problem> {
        let Some(own) = self.places.get_mut(first..) else { return Ok(()) };
        let start = own.first().map_or(self.text.len(), |place| place.start);
        if !sorted {
            let at = |place: &Range<usize>| self.text.get(place.clone()).unwrap_or("");
            own.sort_unstable_by(|a, b| at(a).cmp(at(b)));
            let twice = own.windows(2).find_map(|pair| match pair {
                [a, b] if at(a) == at(b) => Some(at(a)),
                _ => None,
            });
            // A repeated key is an error for strict readers and a silent loss for the others.
            if let Some(key) = twice {
                return Err(Problem::new("the key appears twice", key));
            }
        }
        self.places.truncate(first);
        self.text.truncate(start);
        Ok(())
    }
}

/// What stands before a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing: it is the document.
    Document,
    /// `key:`
    Colon,
    /// `- `
    Dash,
    /// It is a key itself, of the map whose keys start at `first`.
    Key { first: usize },
}

/// Writes one value. Lists and maps that begin here have their lines at `column`.
struct Value<'w, 't> {
    out: &'w mut Writer<'t>,
    place: Place,
    column: usize,
    mark: Option<&'static str>,
}

impl<'w, 't> Value<'w, 't> {
    /// A scalar as it is.
    fn plain(mut self, scalar: impl fmt::Display) -> Result<(), Problem> {
        if let Place::Key { first } = self.place {
            let text = scalar.to_string();
            self.out.text.extend([&text, ":"]);
            self.out.keys.add(first, &text);
            return Ok(());
        }
        self.separate();
        writeln!(self.out.text, "{scalar}").map_err(|_| Problem::new("it cannot be shown", ""))
    }

    /// Null and numbers with a point, which are no keys.
    fn no_key(self, scalar: &str) -> Result<(), Problem> {
        if matches!(self.place, Place::Key { .. }) { Err(Problem::key()) } else { self.plain(scalar) }
    }

    fn separate(&mut self) {
        if self.place == Place::Colon {
            self.out.text.push(' ');
        }
    }

    fn key(self, text: &str, first: usize) -> Result<(), Problem> {
        if self.mark.is_some() {
            return Err(Problem::key());
        }
        if let (Reader::Ansible { prefix }, 0) = (self.out.reader, self.column)
            && !prefix.is_empty()
        {
            return self.whole_key(&format!("{prefix}{text}"), first);
        }
        self.whole_key(text, first)
    }

    fn whole_key(self, text: &str, first: usize) -> Result<(), Problem> {
        scalar::key(self.out.text, text)?;
        self.out.text.push(':');
        self.out.keys.add(first, text);
        Ok(())
    }

    fn text(mut self, text: &str) -> Result<(), Problem> {
        if let Place::Key { first } = self.place {
            return self.key(text, first);
        }
        self.separate();
        let text = match self.out.reader {
            Reader::Compose if self.mark != Some(INTERPOLATED) => super::compose::escape(text),
            _ => Cow::Borrowed(text),
        };
        let evaluated = matches!(self.out.reader, Reader::Ansible { .. }) && yaml::ansible_evaluates(&text);
        if evaluated || self.mark == Some(UNSAFE) {
            self.out.text.push_str("!unsafe ");
            scalar::quoted(self.out.text, &text)
        } else {
            scalar::value(self.out.text, &text, self.column)
        }
    }

    /// A list or a map; with a variant, as the value of that key.
    fn lines(self, variant: Option<&'static str>) -> Result<Lines<'w, 't>, Problem> {
        if matches!(self.place, Place::Key { .. }) {
            return Err(Problem::key());
        }
        if self.column >= MAX_DEPTH * STEP {
            return Err(Problem::new("it is nested too deeply", ""));
        }
        let first = self.out.keys.places.len();
        let mut lines =
            Lines { out: self.out, place: self.place, column: self.column, empty: true, first, sorted: true };
        if let Some(variant) = variant {
            lines.key(variant)?;
            lines.out.keys.close(first, true)?;
            lines.place = Place::Colon;
            lines.column += STEP;
            lines.empty = true;
        }
        Ok(lines)
    }
}

macro_rules! integers {
    ($($method:ident($type:ty)),* $(,)?) => {$(
        fn $method(self, value: $type) -> Result<(), Problem> {
            self.plain(value)
        }
    )*};
}

impl<'w, 't> ser::Serializer for Value<'w, 't> {
    type Ok = ();
    type Error = Problem;
    type SerializeSeq = Lines<'w, 't>;
    type SerializeTuple = Lines<'w, 't>;
    type SerializeTupleStruct = Lines<'w, 't>;
    type SerializeTupleVariant = Lines<'w, 't>;
    type SerializeMap = Lines<'w, 't>;
    type SerializeStruct = Lines<'w, 't>;
    type SerializeStructVariant = Lines<'w, 't>;

    integers! {
        serialize_bool(bool),
        serialize_i8(i8),
        serialize_i16(i16),
        serialize_i32(i32),
        serialize_i64(i64),
        serialize_u8(u8),
        serialize_u16(u16),
        serialize_u32(u32),
        serialize_u64(u64),
    }

    fn serialize_i128(self, value: i128) -> Result<(), Problem> {
        let narrow = i64::try_from(value).map_err(|_| Problem::new("the number is too large", value))?;
        self.plain(narrow)
    }

    fn serialize_u128(self, value: u128) -> Result<(), Problem> {
        let narrow = u64::try_from(value).map_err(|_| Problem::new("the number is too large", value))?;
        self.plain(narrow)
    }

    fn serialize_f32(self, value: f32) -> Result<(), Problem> {
        // Through the shortest decimal, so that 0.1f32 stays 0.1 and not 0.10000000149011612.
        self.serialize_f64(value.to_string().parse().unwrap_or(f64::from(value)))
    }

    fn serialize_f64(self, value: f64) -> Result<(), Problem> {
        // `.inf` and `.nan` exist in YAML but in none of the tools behind it.
        if value.is_finite() {
            self.no_key(&scalar::float(value)?)
        } else {
            Err(Problem::new("it is not a finite number", value))
        }
    }

    fn serialize_char(self, value: char) -> Result<(), Problem> {
        self.text(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Problem> {
        self.text(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Problem> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Problem> {
        self.no_key("null")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Problem> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Problem> {
        self.no_key("null")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Problem> {
        self.no_key("null")
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Problem> {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Problem> {
        let mark = [UNSAFE, INTERPOLATED].contains(&name).then_some(name).or(self.mark);
        value.serialize(Self { mark, ..self })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Problem> {
        let mut lines = self.lines(None)?;
        lines.key(variant)?;
        lines.value(value)?;
        lines.done("{}")
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Lines<'w, 't>, Problem> {
        self.lines(None)
    }

    fn serialize_tuple(self, _: usize) -> Result<Lines<'w, 't>, Problem> {
        self.lines(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Lines<'w, 't>, Problem> {
        self.lines(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Lines<'w, 't>, Problem> {
        self.lines(Some(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Lines<'w, 't>, Problem> {
        self.lines(None)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Lines<'w, 't>, Problem> {
        self.lines(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Lines<'w, 't>, Problem> {
        self.lines(Some(variant))
    }
}

/// Writes the items of a list or the entries of a map, each from a line of its own on.
struct Lines<'w, 't> {
    out: &'w mut Writer<'t>,
    place: Place,
    column: usize,
    empty: bool,
    /// Of a map: where its keys start among those of all.
    first: usize,
    /// Of a map: whether each key was greater than the one before, so that none can be there twice.
    sorted: bool,
}

impl Lines<'_, '_> {
    /// Goes to where the next item or entry starts: the first one follows a dash on its line.
    fn next(&mut self) {
        if self.empty && self.place == Place::Colon {
            self.out.text.push('\n');
        }
        if !self.empty || self.place != Place::Dash {
            self.out.indent(self.column);
        }
        self.empty = false;
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
        self.next();
        self.out.text.push_str("- ");
        let column = self.column + STEP;
        value.serialize(Value { out: self.out, place: Place::Dash, column, mark: None })
    }

    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Problem> {
        self.next();
        let place = Place::Key { first: self.first };
        key.serialize(Value { out: self.out, place, column: self.column, mark: None })?;
        self.sorted &= self.out.keys.greater;
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
        let column = self.column + STEP;
        value.serialize(Value { out: self.out, place: Place::Colon, column, mark: None })
    }

    fn done(self, empty: &str) -> Result<(), Problem> {
        if self.empty {
            if self.place == Place::Colon {
                self.out.text.push(' ');
            }
            self.out.text.push_str(empty);
            self.out.text.push('\n');
        }
        self.out.keys.close(self.first, self.sorted)
    }
}

macro_rules! lists {
    ($($trait:ident :: $method:ident),* $(,)?) => {$(
        impl ser::$trait for Lines<'_, '_> {
            type Ok = ();
            type Error = Problem;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
                self.item(value)
            }

            fn end(self) -> Result<(), Problem> {
                self.done("[]")
            }
        }
    )*};
}

lists! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field,
}

impl ser::SerializeMap for Lines<'_, '_> {
    type Ok = ();
    type Error = Problem;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Problem> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
        self.value(value)
    }

    fn end(self) -> Result<(), Problem> {
        self.done("{}")
    }
}

macro_rules! structs {
    ($($trait:ident),*) => {$(
        impl ser::$trait for Lines<'_, '_> {
            type Ok = ();
            type Error = Problem;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Problem> {
                self.key(key)?;
                self.value(value)
            }

            fn end(self) -> Result<(), Problem> {
                self.done("{}")
            }
        }
    )*};
}

structs!(SerializeStruct, SerializeStructVariant);
