//! Lists of digests from elsewhere: for sites without a registry, and for reviewed pins.
//!
//! One image a line: the reference, white space, the digest; or both joined by `@`. `#` begins a
//! comment.

use std::collections::BTreeMap;
use std::fmt;

use crate::topology::{ImageRef, is_digest};

/// Digests by image reference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PinList(pub BTreeMap<String, String>);

/// A line that is no pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinListError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

impl fmt::Display for PinListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl PinList {
    /// Reads a list; every bad line is reported.
    pub fn parse(text: &str) -> Result<Self, Vec<PinListError>> {
        let mut pins: BTreeMap<String, String> = BTreeMap::new();
        let mut errors = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line_number = index + 1;
            let content = line.split('#').next().unwrap_or("").trim();
            if content.is_empty() {
                continue;
            }
            match Self::line(content) {
                Ok((reference, digest)) => {
                    let known = pins.insert(reference.clone(), digest.clone());
                    if known.is_some_and(|old| old != digest) {
                        let why = format!("`{reference}` stands twice with different digests");
                        errors.push(PinListError { line: line_number, why });
                    }
                }
                Err(why) => errors.push(PinListError { line: line_number, why }),
            }
        }
        if errors.is_empty() { Ok(Self(pins)) } else { Err(errors) }
    }

    fn line(content: &str) -> Result<(String, String), String> {
        let mut words = content.split_whitespace();
        let (reference, digest) = match (words.next(), words.next(), words.next()) {
            (Some(reference), Some(digest), None) => (reference, digest),
            (Some(joined), None, None) => joined.split_once('@').ok_or("a reference without a digest")?,
            _ => return Err("more than a reference and a digest".to_owned()),
        };
        let image = ImageRef::parse(reference)?;
        if image.digest.is_some() {
            return Err("two digests".to_owned());
        }
        if !is_digest(digest) {
            return Err(format!("`{digest}` is no digest: `sha256:` and 64 hex digits"));
        }
        Ok((image.unpinned(), digest.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_and_comments() {
        let a = format!("sha256:{}", "a".repeat(64));
        let list = PinList::parse(&format!("# pins\nx/y:1 {a}\nz:2@{a} # seen\n\n")).unwrap();
        assert_eq!(list.0.len(), 2);
        assert_eq!(list.0.get("z:2"), Some(&a));
    }

    #[test]
    fn every_bad_line_is_told() {
        let (a, b) = (format!("sha256:{}", "a".repeat(64)), format!("sha256:{}", "b".repeat(64)));
        let errors = PinList::parse(&format!("x:1\nx:1 sha256:12\ny:1 {a}\ny:1 {b}\n a b c")).unwrap_err();
        assert_eq!(errors.iter().map(|e| e.line).collect::<Vec<_>>(), [1, 2, 4, 5]);
    }
}
