//! Values, each as it stands in a file of the reader.

use netgen::emit::format::Error;

use super::{Outcome, Writer};

/// A value in a file.
#[derive(Clone, Copy, Debug)]
pub struct One<'a> {
    /// Which of the values it is.
    pub at: usize,
    /// The value itself.
    pub value: &'a str,
    /// What the writer has made of it.
    pub text: &'a str,
}

/// All values, and what a writer has made of them.
#[derive(Debug)]
pub struct Written<'a> {
    values: &'a [String],
    texts: Vec<Result<String, Error>>,
}

impl<'a> Written<'a> {
    /// Writes each value by itself.
    pub fn new(
        values: &'a [String],
        writer: Writer,
        netgen: impl Fn(usize, &str) -> Result<String, Error>,
        naive: impl Fn(usize, &str) -> String,
    ) -> Self {
        let write = |(at, value): (usize, &String)| match writer {
            Writer::Netgen => netgen(at, value),
            Writer::Naive => Ok(naive(at, value)),
        };
        Self { values, texts: values.iter().enumerate().map(write).collect() }
    }

    /// Those that were not refused.
    pub fn all(&self) -> Vec<One<'_>> {
        self.values
            .iter()
            .zip(&self.texts)
            .enumerate()
            .filter_map(|(at, (value, text))| text.as_ref().ok().map(|text| One { at, value, text }))
            .collect()
    }

    /// What has become of each value: `back` gives what the reader has in the place of one.
    pub fn outcomes(&self, place: &'static str, back: impl Fn(usize) -> Option<String>) -> Vec<Outcome> {
        self.outcomes_of(place, str::to_owned, back)
    }

    /// The same where what a reader should have is not the value to the letter.
    pub fn outcomes_of(
        &self,
        place: &'static str,
        wanted: impl Fn(&str) -> String,
        back: impl Fn(usize) -> Option<String>,
    ) -> Vec<Outcome> {
        let outcome = |(at, (value, text)): (usize, (&String, &Result<String, Error>))| match text {
            Err(error) => Outcome::Refused(error.to_string()),
            Ok(_) => Outcome::of(&wanted(value), [(place, back(at).as_deref())]),
        };
        self.values.iter().zip(&self.texts).enumerate().map(outcome).collect()
    }
}
