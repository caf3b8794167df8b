//! The changes by what connects a file with them, so that a file asks for its own.

use std::collections::BTreeSet;

use super::marks::{ByMark, Marks};
use super::report::{Change, Origin, SubjectKind};
use crate::hashed::HashMap;

/// So many causes of one file are named.
pub(super) const MOST: usize = 12;

/// Changes, by their numbers from 1. Of each kind only the first are kept, as no file names more.
pub(super) struct Known<'c> {
    marks: &'c [Marks],
    /// By what a file is called that is about them alone.
    own: HashMap<&'c str, Vec<usize>>,
    by_mark: ByMark<'c>,
    /// By host, all of them.
    at: HashMap<&'c str, Vec<usize>>,
    of_all: Vec<usize>,
    of_shape: Vec<usize>,
    of_votes: Vec<usize>,
    records: Vec<usize>,
}

impl<'c> Known<'c> {
    pub(super) fn of(changes: &'c [Change], marks: &'c [Marks]) -> Self {
        let numbered = || (1..).zip(changes);
        let first = |is: &dyn Fn(&Change) -> bool| -> Vec<usize> {
            numbered().filter(|(_, change)| is(change)).map(|(number, _)| number).take(MOST).collect()
        };
        let (mut own, mut at): (HashMap<_, Vec<_>>, HashMap<_, Vec<_>>) = Default::default();
        for (number, change) in numbered() {
            for name in names(change) {
                let alike: &mut Vec<usize> = own.entry(name).or_default();
                if alike.len() < MOST {
                    alike.push(number);
                }
            }
            for host in &change.hosts {
                at.entry(host.as_str()).or_default().push(number);
            }
        }
        // What the bundle is comes from everything that does not follow from something else.
        let mut records = first(&|change| change.origin != Origin::Follows);
        if records.is_empty() {
            records = first(&|_| true);
        }
        Self {
            marks,
            own,
            by_mark: ByMark::of((1..).zip(marks), MOST),
            at,
            of_all: first(&is_of_all),
            of_shape: first(&is_of_shape),
            of_votes: first(&|change| is_of_shape(change) && votes(change)),
            records,
        }
    }

    /// The changes whose subject a file is about by its path, or a service that they touch.
    pub(super) fn about(&self, path: &str) -> BTreeSet<usize> {
        let parts = path.split('/').map(stem);
        let units = parts.clone().filter(|part| part.starts_with("netgen-"));
        let ends = units.flat_map(|unit| unit.match_indices('-').filter_map(|(at, _)| unit.get(at + 1..)));
        parts.chain(ends).filter_map(|name| self.own.get(name)).flatten().copied().collect()
    }

    /// The first of those that a text speaks of.
    pub(super) fn spoken(&self, words: &BTreeSet<&str>) -> Vec<usize> {
        self.by_mark.spoken(words).into_iter().take(MOST).collect()
    }

    /// The same of those that touch a host.
    pub(super) fn spoken_at(&self, host: &str, words: &BTreeSet<&str>) -> Vec<usize> {
        let are_in = |number: &usize| self.marks.get(number - 1).is_some_and(|marks| marks.are_in(words));
        self.at.get(host).into_iter().flatten().copied().filter(are_in).take(MOST).collect()
    }

    /// The first of those that touch a host.
    pub(super) fn at(&self, host: &str) -> Vec<usize> {
        self.at.get(host).into_iter().flatten().copied().take(MOST).collect()
    }

    /// Those about the network as a whole.
    pub(super) fn of_all(&self) -> Vec<usize> {
        self.of_all.clone()
    }

    /// Those of what every view of the network shows.
    pub(super) fn of_shape(&self) -> Vec<usize> {
        self.of_shape.clone()
    }

    /// Those of them that may be about votes.
    pub(super) fn of_votes(&self) -> Vec<usize> {
        self.of_votes.clone()
    }

    /// Those that the files come from that say what the bundle is.
    pub(super) fn records(&self) -> Vec<usize> {
        self.records.clone()
    }
}

/// What a file is called that is about the subject of a change, or about a service that it touches.
fn names(change: &Change) -> BTreeSet<&str> {
    let subject = change.subject.name.as_str();
    let is_new_or_gone = change.value.is_empty() || change.value == "host";
    let names: Vec<&str> = match change.subject.kind {
        SubjectKind::Service | SubjectKind::Alert | SubjectKind::Region => vec![subject],
        // A whole host came or went.
        SubjectKind::Host if change.value.is_empty() => vec![subject],
        SubjectKind::Host | SubjectKind::Node if is_new_or_gone => {
            change.services.iter().map(String::as_str).collect()
        }
        SubjectKind::Input => subject.split('/').rev().nth(1).into_iter().collect(),
        _ => Vec::new(),
    };
    names.into_iter().filter(|name| !name.is_empty()).collect()
}

/// A part of a path without what says of which kind the file is.
fn stem(part: &str) -> &str {
    let ends = [".service", ".timer", ".container", ".env", ".yaml", ".yml", ".md", ".json", ".cfg"];
    ends.iter().find_map(|end| part.strip_suffix(end)).unwrap_or(part)
}

/// Whether a change is about the network as a whole, so that any file may come from it.
fn is_of_all(change: &Change) -> bool {
    match change.subject.kind {
        SubjectKind::Network => change.origin != Origin::Follows,
        SubjectKind::Input => !change.subject.name.contains('/'),
        _ => false,
    }
}

/// Whether a change may be one of who votes, and with how much power.
fn votes(change: &Change) -> bool {
    matches!(change.subject.kind, SubjectKind::Node | SubjectKind::Cluster)
}

/// Whether a change is one of who is there, where, and with how much voting power: what every view of the
/// network counts.
fn is_of_shape(change: &Change) -> bool {
    let value = change.value.split('.').next().unwrap_or_default();
    match change.subject.kind {
        SubjectKind::Region | SubjectKind::Host | SubjectKind::Node | SubjectKind::Cluster => {
            change.origin != Origin::Follows
        }
        SubjectKind::Service => matches!(value, "" | "host" | "component" | "interfaces" | "uses" | "image"),
        _ => false,
    }
}
