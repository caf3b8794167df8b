//! YAML that YAML 1.1, YAML 1.2 and Go readers agree on: the layout is that of `block`, the quotes are
//! those of `scalar`.

use serde::ser::{Serialize, Serializer};

use super::block::{self, Reader};
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
        serializer.serialize_newtype_struct(block::UNSAFE, &self.0)
    }
}

/// Does Ansible see a template in this text?
pub fn ansible_evaluates(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| matches!(pair, [b'{', b'{' | b'%' | b'#']))
}

/// A YAML document: `---`, then the value.
pub fn to_yaml<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    to_yaml_with_header("", value)
}

/// A YAML document: `---`, the header as comment lines, then the value.
///
/// Documents of one file can be written one after another: each has its own `---`.
pub fn to_yaml_with_header<T: Serialize + ?Sized>(header: &str, value: &T) -> Result<String, Error> {
    document(header, Reader::Yaml, value)
}

/// The same for Ansible: every string value that it would evaluate goes out as [`Unsafe`]. The keys of the
/// outermost map begin with `prefix`.
pub fn variables<T: Serialize + ?Sized>(
    header: &str,
    prefix: &'static str,
    value: &T,
) -> Result<String, Error> {
    document(header, Reader::Ansible { prefix }, value)
}

pub(super) fn document<T: Serialize + ?Sized>(
    header: &str,
    reader: Reader,
    value: &T,
) -> Result<String, Error> {
    let mut text = String::from("---\n");
    for line in comment_lines(header) {
        text.push_str(&line);
        text.push('\n');
    }
    block::write(&mut text, reader, value)
        .map_err(|problem| Error::new("YAML", problem.reason, &problem.value))?;
    Ok(text)
}

#[cfg(test)]
#[path = "yaml_tests.rs"]
mod tests;
