//! A world that remembers what it was asked and what it said, so that it can be asked again.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::bundle::sha256;
use crate::world::World;

/// What can be asked of a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Question {
    Read,
    List,
    Canonical,
}

/// What a world said: a digest, a path, or why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answer {
    question: Question,
    path: String,
    said: String,
}

impl Answer {
    /// Whether a world says the same now.
    pub(super) fn holds(&self, world: &dyn World) -> bool {
        let path = self.path.as_str();
        self.said
            == match self.question {
                Question::Read => of_bytes(&world.read(path)),
                Question::List => of_names(&world.list(path)),
                Question::Canonical => of_path(&world.canonical(path)),
            }
    }
}

/// A world that remembers.
pub(super) struct Witness<'a> {
    inner: &'a dyn World,
    /// What was said; nothing where it said one thing and then another.
    heard: Mutex<BTreeMap<(Question, String), Option<String>>>,
}

impl<'a> Witness<'a> {
    pub(super) fn new(inner: &'a dyn World) -> Self {
        Self { inner, heard: Mutex::default() }
    }

    /// All that was said; `None` where it changed on the way.
    pub(super) fn answers(self) -> Option<Vec<Answer>> {
        let heard = self.heard.into_inner().unwrap_or_else(PoisonError::into_inner);
        let answer = |((question, path), said)| Some(Answer { question, path, said: said? });
        heard.into_iter().map(answer).collect()
    }

    fn hear(&self, question: Question, path: &str, said: &str) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let known = heard.entry((question, path.to_owned())).or_insert_with(|| Some(said.to_owned()));
        if known.as_deref() != Some(said) {
            *known = None;
        }
    }
}

impl World for Witness<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let bytes = self.inner.read(path);
        self.hear(Question::Read, path, &of_bytes(&bytes));
        bytes
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let names = self.inner.list(folder);
        self.hear(Question::List, folder, &of_names(&names));
        names
    }

    fn canonical(&self, path: &str) -> io::Result<String> {
        let real = self.inner.canonical(path);
        self.hear(Question::Canonical, path, &of_path(&real));
        real
    }
}

fn of_bytes(read: &io::Result<Vec<u8>>) -> String {
    said(read, |bytes| sha256(bytes))
}

fn of_names(listed: &io::Result<Vec<String>>) -> String {
    // No name has a slash.
    said(listed, |names| names.join("/"))
}

fn of_path(real: &io::Result<String>) -> String {
    said(real, String::clone)
}

fn said<T>(answer: &io::Result<T>, text: impl Fn(&T) -> String) -> String {
    answer.as_ref().map_or_else(|error| format!("not: {error}"), |found| format!("yes: {}", text(found)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::MemoryWorld;

    #[test]
    fn what_was_said_holds_until_the_world_changes() {
        let before = MemoryWorld::new([("a/one", "1"), ("a/two", "2")]);
        let witness = Witness::new(&before);
        let _ = (witness.read("a/one"), witness.read("gone"), witness.list("a"), witness.canonical("a"));
        let answers = witness.answers().unwrap();
        assert_eq!(answers.len(), 4);
        assert!(answers.iter().all(|answer| answer.holds(&before)));
        let changed = |files: &[(&str, &str)]| {
            let world = MemoryWorld::new(files.iter().copied());
            answers.iter().filter(|answer| !answer.holds(&world)).map(|a| a.path.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(changed(&[("a/one", "1"), ("a/two", "3")]), [""; 0], "nobody asked for it");
        assert_eq!(changed(&[("a/one", "2"), ("a/two", "2")]), ["a/one"]);
        assert_eq!(changed(&[("a/one", "1"), ("a/two", "2"), ("a/three", "3")]), ["a"]);
        assert_eq!(changed(&[("a/one", "1"), ("a/two", "2"), ("gone", "")]), ["gone"]);
    }

    #[test]
    fn a_world_that_changes_meanwhile_is_no_witness() {
        struct Fickle(Mutex<u8>);
        impl World for Fickle {
            fn read(&self, _: &str) -> io::Result<Vec<u8>> {
                let mut number = self.0.lock().unwrap();
                *number += 1;
                Ok(vec![*number])
            }
            fn list(&self, _: &str) -> io::Result<Vec<String>> {
                Ok(Vec::new())
            }
        }
        let fickle = Fickle(Mutex::new(0));
        let witness = Witness::new(&fickle);
        let _ = (witness.read("a"), witness.read("a"), witness.list("b"));
        assert_eq!(witness.answers(), None);
    }
}
