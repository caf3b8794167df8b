//! YAML that YAML 1.1, YAML 1.2 and Go readers agree on. The only file that names `serde_saphyr`.
//!
//! serde-saphyr decides which single-line strings need quotes (`yes`, `22:22`, dates, `<<`, ...);
//! it was measured against four readers. What this file adds:
//! * a multi-line string becomes a block only where the block is plain to read and every reader
//!   agrees on it; all others are double-quoted;
//! * no line ends with a space, so `yamllint` and `git diff --check` stay silent;
//! * keys that a reader would refuse (longer than a simple key may be) are errors.

use std::fmt;

use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};
use serde_saphyr::{DoubleQuoted, SerializerOptions, Tagged};

use super::tree::{Node, Problem};
use super::{Error, comment_lines};

/// Text that Ansible must take as it is: written with the tag `!unsafe`.
///
/// Everything in a playbook, an inventory or a vars file is a Jinja template to Ansible, and YAML
/// quotes do not stop that. The tag does, and it works for any text; the other way, a Jinja string
/// literal (`"{{ '...' }}"`), needs a second quoting and is only right where Jinja runs.
/// In other formats this is the plain string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsafe(pub String);

impl Serialize for Unsafe {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(super::tree::UNSAFE, &self.0)
    }
}

/// A document in which every string value that Ansible would evaluate goes out as [`Unsafe`].
///
/// Keys stay as they are: Ansible does not evaluate them.
#[derive(Clone, Copy, Debug)]
pub struct AnsibleData<'a>(pub &'a serde_json::Value);

impl Serialize for AnsibleData<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde_json::Value;
        match self.0 {
            Value::String(text) if ansible_evaluates(text) => {
                serializer.serialize_newtype_struct(super::tree::UNSAFE, text)
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(AnsibleData)),
            Value::Object(map) => serializer.collect_map(map.iter().map(|(k, v)| (k, AnsibleData(v)))),
            other => other.serialize(serializer),
        }
    }
}

/// Does Ansible see a template in this text?
pub fn ansible_evaluates(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark))
}

/// A YAML document: `---`, then the value.
pub fn to_yaml<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    to_yaml_with_header("", value)
}

/// A YAML document: `---`, the header as comment lines, then the value.
///
/// Documents of one file can be written one after another: each has its own `---`.
pub fn to_yaml_with_header<T: Serialize + ?Sized>(header: &str, value: &T) -> Result<String, Error> {
    write(header, &Node::of(value).map_err(refuse)?)
}

fn refuse(problem: Problem) -> Error {
    Error::new("YAML", problem.reason, &problem.value)
}

pub(super) fn node_of<T: Serialize + ?Sized>(value: &T) -> Result<Node, Error> {
    Node::of(value).map_err(refuse)
}

pub(super) fn write(header: &str, node: &Node) -> Result<String, Error> {
    check_keys(node)?;
    let mut out = Lines { text: String::from("---\n"), spaces: 0 };
    for line in comment_lines(header) {
        out.text.push_str(&line);
        out.text.push('\n');
    }
    // The options struct is non_exhaustive, so it is changed and not built.
    let mut options = SerializerOptions::default();
    options.prefer_block_scalars = true;
    options.compact_list_indent = false;
    options.folded_wrap_chars = usize::MAX;
    options.min_fold_chars = usize::MAX;
    serde_saphyr::to_fmt_writer_with_options(&mut out, &Styled(node), options)
        .map_err(|error| Error::new("YAML", error.to_string(), ""))?;
    if !out.text.ends_with('\n') {
        out.text.push('\n');
    }
    Ok(out.text)
}

/// A node with the style of each scalar chosen.
struct Styled<'a>(&'a Node);

impl Serialize for Styled<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Node::Null => serializer.serialize_unit(),
            Node::Bool(value) => serializer.serialize_bool(*value),
            Node::Signed(value) => serializer.serialize_i64(*value),
            Node::Unsigned(value) => serializer.serialize_u64(*value),
            Node::Float(value) => serializer.serialize_f64(*value),
            Node::Text(text) | Node::Interpolated(text) if text.contains('\n') && !reads_well(text) => {
                DoubleQuoted(text).serialize(serializer)
            }
            Node::Text(text) | Node::Interpolated(text) => serializer.serialize_str(text),
            Node::Unsafe(text) => {
                Tagged(DoubleQuoted(text), Some("!unsafe".to_owned())).serialize(serializer)
            }
            Node::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&Styled(item))?;
                }
                list.end()
            }
            Node::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(&Key(key), &Styled(value))?;
                }
                map.end()
            }
        }
    }
}

/// A key: never a block, so never styled.
struct Key<'a>(&'a Node);

impl Serialize for Key<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Node::Text(text) => serializer.serialize_str(text),
            other => Styled(other).serialize(serializer),
        }
    }
}

/// May this multi-line text stand as a literal block?
///
/// A block that starts with white space or holds a line end that cannot be seen is a trap for
/// people, and the first is one for libyaml and Go too (a leading tab).
fn reads_well(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    !body.starts_with([' ', '\t', '\n'])
        && !body.is_empty()
        && !body.ends_with('\n')
        && !body.contains("\n\n\n\n")
        && body.split('\n').all(|line| !line.ends_with(char::is_whitespace))
        && !body.chars().any(|c| c != '\n' && c != '\t' && c.is_control())
}

/// A simple key may be 1024 characters long (YAML 1.1 and 1.2); escapes take up to six each.
const LONGEST_KEY: usize = 1000;

fn check_keys(node: &Node) -> Result<(), Error> {
    match node {
        Node::List(items) => items.iter().try_for_each(check_keys),
        Node::Map(entries) => entries.iter().try_for_each(|(key, value)| {
            if let Node::Text(text) = key {
                let width = |c: char| match c {
                    ' '..='~' if c != '"' && c != '\\' && c != '\'' => 1,
                    c if c.is_alphanumeric() => 1,
                    _ => 6,
                };
                if text.chars().map(width).sum::<usize>() > LONGEST_KEY {
                    return Err(Error::new("YAML", "the key is longer than readers allow", text));
                }
            }
            check_keys(value)
        }),
        _ => Ok(()),
    }
}

/// Drops spaces at line ends as the text goes by.
///
/// serde-saphyr indents the empty lines of a block. No scalar can lose anything: a block is
/// written only where no line ends with white space, every other scalar ends with a visible
/// character, and a quoted scalar never spans lines.
struct Lines {
    text: String,
    spaces: usize,
}

impl fmt::Write for Lines {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                self.spaces = 0;
                self.text.push('\n');
            }
            let seen = line.trim_end_matches(' ');
            if !seen.is_empty() {
                self.text.extend(std::iter::repeat_n(' ', std::mem::take(&mut self.spaces)));
                self.text.push_str(seen);
            }
            self.spaces += line.len() - seen.len();
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "yaml_tests.rs"]
mod tests;
