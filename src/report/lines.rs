//! The data of the page as text.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// JSON with each item of a list at the top on a line of its own, so that two pages can be compared. Nothing
/// in it can end the element that it stands in, for `<` is only ever inside of a string.
pub(super) fn lines(data: &impl Serialize) -> String {
    let mut out = Vec::new();
    // Texts, numbers and lists of them: the serializer has nothing to refuse, and memory takes all.
    let _ = data.serialize(&mut Serializer::with_formatter(&mut out, Lines::default()));
    out.push(b'\n');
    String::from_utf8(out).unwrap_or_default()
}

/// The data of two objects as that of one; `first` is the text of the first.
pub(super) fn joined(first: &str, rest: &impl Serialize) -> String {
    let rest = lines(rest);
    match (first.strip_suffix(END), rest.strip_prefix(BEGIN)) {
        (Some(first), Some(rest)) => [first, ",\n", rest].concat(),
        _ => rest,
    }
}

/// What an object with anything in it begins with.
const BEGIN: &str = "{\n";
/// What it ends with.
const END: &str = "\n}\n";

#[derive(Default)]
struct Lines {
    /// Objects and lists that are open.
    depth: usize,
    /// Whether the list at the top that is open has an item.
    filled: bool,
}

/// Of the object that is the data.
const TOP: usize = 1;
/// Of a list in it.
const LIST: usize = 2;

impl Formatter for Lines {
    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        out.write_all(if self.depth == TOP { b"{\n" } else { b"{" })
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        out.write_all(if self.depth < TOP { b"\n}" } else { b"}" })
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        out.write_all(match (first, self.depth) {
            (true, _) => b"",
            (false, TOP) => b",\n",
            (false, _) => b",",
        })
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        if self.depth == LIST {
            self.filled = false;
        }
        out.write_all(b"[")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if self.depth == LIST {
            self.filled = true;
        }
        out.write_all(match (first, self.depth) {
            (true, LIST) => b"\n",
            (true, _) => b"",
            (false, LIST) => b",\n",
            (false, _) => b",",
        })
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        out.write_all(if self.depth < LIST && self.filled { b"\n]" } else { b"]" })
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((before, c)) = rest.find(is_special).and_then(|at| {
            let (before, from) = rest.split_at_checked(at)?;
            Some((before, from.chars().next()?))
        }) {
            out.write_all(before.as_bytes())?;
            write!(out, "\\u{:04x}", u32::from(c))?;
            rest = rest.get(before.len() + c.len_utf8()..).unwrap_or_default();
        }
        out.write_all(rest.as_bytes())
    }
}

/// What could be markup, or the end of a line in a script.
fn is_special(c: char) -> bool {
    matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\u{7f}')
}
