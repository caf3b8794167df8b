//! A file of the binary that was read when the binary was built: the same values at the same places as in its tree,
//! one after the other, and nothing has to be made of them to decode one.
//!
//! A value is its tag, where it begins in the text, how long it is there, and what its tag says. Numbers are seven
//! bits a byte, the lowest first. The build script writes it by `yaml/record.rs`.

mod tags;

use super::de::Shape;
use crate::text::{SourceId, Span};

/// A value on a tape.
#[derive(Clone, Copy)]
pub(super) struct Taped<'de> {
    tape: &'de [u8],
    /// The file.
    text: &'de str,
    source: SourceId,
    at: usize,
}

/// Values on a tape, one after the other.
pub(super) struct Values<'de> {
    next: Taped<'de>,
    left: u64,
}

impl<'de> Taped<'de> {
    /// The value of a whole file.
    pub(super) fn new(tape: &'de [u8], text: &'de str, source: SourceId) -> Self {
        Self { tape, text, source, at: 0 }
    }

    /// Where it stands.
    pub(super) fn span(mut self) -> Span {
        self.head().1
    }

    /// What it is.
    pub(super) fn shape(mut self) -> Shape<'de> {
        let (tag, span) = self.head();
        match tag {
            tags::FALSE => Shape::Bool(false),
            tags::TRUE => Shape::Bool(true),
            tags::INT => Shape::Int(self.number().cast_signed()),
            tags::UINT => Shape::UInt(self.number()),
            tags::FLOAT => Shape::Float(f64::from_bits(self.number())),
            tags::STR => {
                Shape::Str(self.text.get(span.start as usize..span.end as usize).unwrap_or_default())
            }
            tags::TEXT => {
                let length = self.length();
                let bytes = self.tape.get(self.at..self.at.saturating_add(length)).unwrap_or_default();
                Shape::Str(std::str::from_utf8(bytes).unwrap_or_default())
            }
            tags::SEQ => Shape::Seq(self.values().into()),
            tags::MAP => Shape::Map(self.values().into()),
            _ => Shape::Null,
        }
    }

    /// What follows it.
    fn behind(mut self) -> Self {
        match self.head().0 {
            tags::INT | tags::UINT | tags::FLOAT => drop(self.number()),
            tags::TEXT => {
                let length = self.length();
                self.at = self.at.saturating_add(length);
            }
            tags::SEQ | tags::MAP => {
                self.number();
                let length = self.length();
                self.at = self.at.saturating_add(length);
            }
            _ => {}
        }
        self
    }

    fn head(&mut self) -> (u8, Span) {
        let tag = self.tape.get(self.at).copied().unwrap_or(tags::NULL);
        self.at += 1;
        let start = self.length();
        let length = self.length();
        (tag, Span::new(self.source, start, start.saturating_add(length)))
    }

    /// What stands in a list or a map, behind how much it is.
    fn values(mut self) -> Values<'de> {
        let left = self.number();
        self.number();
        Values { next: self, left }
    }

    fn length(&mut self) -> usize {
        usize::try_from(self.number()).unwrap_or(usize::MAX)
    }

    fn number(&mut self) -> u64 {
        let mut number = 0;
        let mut shift = 0;
        while let Some(byte) = self.tape.get(self.at) {
            self.at += 1;
            number |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        number
    }
}

impl<'de> Values<'de> {
    /// The next of a list.
    pub(super) fn item(&mut self) -> Option<Taped<'de>> {
        self.left = self.left.checked_sub(1)?;
        Some(self.take())
    }

    /// The next key of a map, and its value.
    pub(super) fn entry(&mut self) -> Option<(&'de str, Span, Taped<'de>)> {
        let key = self.item()?;
        let Shape::Str(name) = key.shape() else { return None };
        Some((name, key.span(), self.take()))
    }

    /// Whether nothing is to come.
    pub(super) fn is_empty(&self) -> bool {
        self.left == 0
    }

    fn take(&mut self) -> Taped<'de> {
        let taken = self.next;
        self.next = taken.behind();
        taken
    }
}

#[cfg(test)]
mod tests;
