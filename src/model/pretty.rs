//! JSON for people, two blanks for each step in, written piece by piece: what is already text stays text.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// A line break, and more blanks than most lines begin with.
const BREAK: &[u8] = b"\n                                                                ";

/// A piece of text that waits to be put together with others, in no more memory than it needs.
pub(super) type Piece = Box<[u8]>;

/// How long most pieces are at most.
const USUAL: usize = 4096;

/// A value as it stands this many steps in.
pub(super) fn pretty(depth: usize, value: &impl Serialize) -> Piece {
    let mut out = Vec::with_capacity(USUAL);
    add(&mut out, depth, value);
    out.as_slice().into()
}

/// Adds a value to a text in which it stands this many steps in.
fn add<T: Serialize + ?Sized>(out: &mut Vec<u8>, depth: usize, value: &T) {
    // Strings, numbers, lists and maps by name: the serializer has nothing to refuse, and memory takes all.
    let _ = value.serialize(&mut Serializer::with_formatter(out, Pretty { depth, filled: false }));
}

/// A map or a list while it is written.
pub(super) struct Block<'a> {
    out: &'a mut Vec<u8>,
    depth: usize,
    filled: bool,
    end: u8,
}

impl<'a> Block<'a> {
    /// A map that stands this many steps in.
    pub(super) fn map(out: &'a mut Vec<u8>, depth: usize) -> Self {
        out.push(b'{');
        Self { out, depth, filled: false, end: b'}' }
    }

    /// A list that stands this many steps in.
    pub(super) fn list(out: &'a mut Vec<u8>, depth: usize) -> Self {
        out.push(b'[');
        Self { out, depth, filled: false, end: b']' }
    }

    /// Begins an entry of a map, whose value is to be added to what is given.
    pub(super) fn key(&mut self, key: &str) -> &mut Vec<u8> {
        self.next();
        add(self.out, 0, key);
        self.out.extend_from_slice(b": ");
        self.out
    }

    /// Adds a text to a list that is made of two, as [`inside`] gives them.
    pub(super) fn item(&mut self, begin: &str, end: &str) {
        self.next();
        for part in ["\"", begin, end, "\""] {
            self.out.extend_from_slice(part.as_bytes());
        }
    }

    fn next(&mut self) {
        if self.filled {
            self.out.push(b',');
        }
        self.filled = true;
        // Memory takes all.
        let _ = line(self.out, self.depth + 1);
    }

    /// Ends it.
    pub(super) fn end(self) {
        if self.filled {
            let _ = line(self.out, self.depth);
        }
        self.out.push(self.end);
    }
}

/// What stands between the quotes of a text; never more than one line.
pub(super) fn inside(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| byte.is_ascii_control() || matches!(byte, b'"' | b'\\')) {
        return Cow::Borrowed(text);
    }
    let quoted = Value::from(text).to_string();
    let inside = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    Cow::Owned(inside.unwrap_or_default().to_owned())
}

/// Begins a line that stands this many steps in.
fn line<W: ?Sized + Write>(out: &mut W, depth: usize) -> io::Result<()> {
    let mut left = 2 * depth;
    let first = BREAK.get(..=left).unwrap_or(BREAK);
    out.write_all(first)?;
    left -= first.len() - 1;
    (0..left).try_for_each(|_| out.write_all(b" "))
}

struct Pretty {
    depth: usize,
    /// Whether the map or list that ends has anything in it.
    filled: bool,
}

impl Pretty {
    fn begin<W: ?Sized + Write>(&mut self, out: &mut W, sign: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.filled = false;
        out.write_all(sign)
    }

    fn next<W: ?Sized + Write>(&self, out: &mut W, first: bool) -> io::Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        line(out, self.depth)
    }

    fn end<W: ?Sized + Write>(&mut self, out: &mut W, sign: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.filled {
            line(out, self.depth)?;
        }
        out.write_all(sign)
    }
}

impl Formatter for Pretty {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"[")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"]")
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"{")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"}")
    }
}
