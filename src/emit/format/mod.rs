//! One writer for each target syntax, with the quoting of that syntax in that one file.
//!
//! The law of every writer here is `parse(emit(x)) == x` for hostile `x`: what the target's own
//! reader gets back is what went in. A value that the target syntax cannot hold is an [`Error`],
//! never a near miss; the tests hold each writer against an independent reader.

pub mod alloy;
mod block;
pub mod compose;
pub mod dot;
pub mod env;
pub mod haproxy;
pub mod json;
pub mod kubernetes;
pub mod markdown;
pub mod mermaid;
pub mod nft;
pub mod promql;
mod scalar;
pub mod shell;
pub mod systemd;
pub mod xml;
pub mod yaml;

#[cfg(test)]
pub(crate) mod hostile;

use std::borrow::Cow;
use std::fmt;

/// A value that a target syntax cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The target syntax, for people: `systemd unit`, `YAML`, ...
    pub syntax: &'static str,
    /// Why the value cannot be written.
    pub reason: Cow<'static, str>,
    /// The value in question, shortened; empty where there is no single one.
    pub value: String,
}

/// How much of a refused value an error shows.
const SHOWN: usize = 80;

impl Error {
    pub(crate) fn new(syntax: &'static str, reason: impl Into<Cow<'static, str>>, value: &str) -> Self {
        let mut shown: String = value.chars().take(SHOWN).collect();
        if shown.len() < value.len() {
            shown.push('…');
        }
        Self { syntax, reason: reason.into(), value: shown }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.value.is_empty() {
            write!(f, "cannot write this as {}: {}", self.syntax, self.reason)
        } else {
            write!(f, "cannot write {:?} as {}: {}", self.value, self.syntax, self.reason)
        }
    }
}

impl std::error::Error for Error {}

/// The code points that Unicode keeps for no text; systemd refuses any file with one.
pub(crate) fn is_noncharacter(c: char) -> bool {
    let code = u32::from(c);
    code & 0xFFFE == 0xFFFE || (0xFDD0..=0xFDEF).contains(&code)
}

/// The lines of a comment header, with nothing in them that could end a comment line early.
///
/// Every reader has its own idea of a line break (YAML 1.1 counts NEL, LS and PS), so all control
/// and separator characters become spaces.
pub(crate) fn comment_lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(|line| {
        let is_bad = |c: char| {
            matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}') || c.is_control() || is_noncharacter(c)
        };
        let clean = line.replace(is_bad, " ");
        // A trailing backslash would continue the comment in unit files.
        let clean = clean.trim_end_matches(|c: char| c.is_whitespace() || c == '\\');
        if clean.is_empty() { "#".to_owned() } else { format!("# {clean}") }
    })
}
