//! What changes are known by in a text.

use std::collections::BTreeSet;

use super::report::{Change, SubjectKind};
use super::words::of_value;
use crate::hashed::HashMap;

/// What a change is known by in a text.
pub(super) struct Marks {
    name: String,
    values: BTreeSet<String>,
}

impl Marks {
    pub(super) fn of(change: &Change) -> Self {
        let values = [&change.old, &change.new].into_iter().flatten().flat_map(of_value).collect();
        let name = match change.subject.kind {
            // `netgen/components/geth/component.yaml`: the component.
            SubjectKind::Input => change.subject.name.split('/').rev().nth(1).unwrap_or_default(),
            SubjectKind::Network => "",
            _ => change.subject.name.split('@').next().unwrap_or_default(),
        };
        Self { name: name.to_owned(), values }
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        let name = Some(self.name.as_str()).filter(|name| !name.is_empty());
        name.into_iter().chain(self.values.iter().map(String::as_str))
    }

    /// Whether one of them is among the words of a text.
    pub(super) fn are_in(&self, spoken: &BTreeSet<&str>) -> bool {
        self.all().any(|mark| spoken.contains(mark))
    }
}

/// Changes by their marks: a text asks for those that it speaks of, and no other is looked at.
pub(super) struct ByMark<'m>(HashMap<&'m str, Vec<usize>>);

impl<'m> ByMark<'m> {
    /// Of numbered changes in their order; of those with the same mark only so many.
    pub(super) fn of(marked: impl IntoIterator<Item = (usize, &'m Marks)>, most: usize) -> Self {
        let mut numbers: HashMap<&str, Vec<usize>> = HashMap::default();
        for (number, marks) in marked {
            for mark in marks.all() {
                let alike = numbers.entry(mark).or_default();
                if alike.len() < most && alike.last() != Some(&number) {
                    alike.push(number);
                }
            }
        }
        Self(numbers)
    }

    /// The changes that these words speak of.
    pub(super) fn spoken(&self, words: &BTreeSet<&str>) -> BTreeSet<usize> {
        words.iter().filter_map(|word| self.0.get(word)).flatten().copied().collect()
    }
}
