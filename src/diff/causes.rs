//! From which changes each file comes.
//!
//! Two things connect a file with a change: the file is about its subject by its path, or the lines that
//! differ speak of it. Where neither does, what changed for the host or for the whole network is the
//! cause. Where nothing is, the file is a change itself, so that nothing differs in silence.

use std::collections::{BTreeMap, BTreeSet};

use super::report::{Action, Change, Effect, FileChange, Origin, Subject, SubjectKind};
use super::running::Running;
use super::side::Side;
use super::whose::Inputs;
use super::words::{changed_lines, of_value, words};
use crate::bundle::{
    BUNDLE_JSON, NETWORK_JSON, PROVENANCE, REPORT_PAGE, SHA256SUMS, SIGNATURE, host_of_path,
};

/// So many causes of one file are named.
const MOST: usize = 12;

/// Files that only say what the bundle is and was made from.
const RECORDS: [&str; 6] = [BUNDLE_JSON, NETWORK_JSON, PROVENANCE, REPORT_PAGE, SHA256SUMS, SIGNATURE];

/// How close a file is to a change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Closeness {
    /// The file shows the whole network, and the change is one of its shape.
    Shape,
    /// Both are about the whole network.
    Network,
    /// The file is for a host that the change touches.
    Host,
    /// The lines that differ speak of it.
    Spoken,
    /// The same, and the file is for a host that it touches.
    SpokenHere,
    /// The file is about its subject alone.
    Own,
}

/// Both sides with what was found so far.
pub(super) struct Causes<'a> {
    pub(super) old: &'a Side,
    pub(super) new: &'a Side,
    pub(super) running: &'a Running,
    pub(super) inputs: &'a Inputs<'a>,
}

/// What a change is known by in a text.
struct Marks {
    name: String,
    values: BTreeSet<String>,
}

impl Marks {
    fn of(change: &Change) -> Self {
        let values = [&change.old, &change.new].into_iter().flatten().flat_map(of_value).collect();
        let name = match change.subject.kind {
            // `netgen/components/geth/component.yaml`: the component.
            SubjectKind::Input => change.subject.name.split('/').rev().nth(1).unwrap_or_default(),
            SubjectKind::Network => "",
            _ => change.subject.name.split('@').next().unwrap_or_default(),
        };
        Self { name: name.to_owned(), values }
    }

    fn are_in(&self, spoken: &BTreeSet<&str>) -> bool {
        (!self.name.is_empty() && spoken.contains(self.name.as_str()))
            || self.values.iter().any(|word| spoken.contains(word.as_str()))
    }
}

impl Causes<'_> {
    /// Every file that differs with its causes. Files and restarts that nothing explains become changes.
    pub(super) fn files(&self, changes: &mut Vec<Change>) -> Vec<FileChange> {
        self.explain_restarts(changes);
        let marks: Vec<Marks> = changes.iter().map(Marks::of).collect();
        let known = changes.len();
        let mut files = Vec::new();
        for (path, action) in self.differing() {
            let mut causes = self.of_file(path, action, changes.get(..known).unwrap_or_default(), &marks);
            if causes.is_empty() {
                changes.push(self.unexplained(path, action));
                causes.push(changes.len());
            }
            files.push(FileChange { path: path.to_owned(), action, causes });
        }
        files
    }

    /// The files that differ, by path.
    fn differing(&self) -> impl Iterator<Item = (&str, Action)> {
        let paths: BTreeSet<&String> = self.old.files.keys().chain(self.new.files.keys()).collect();
        paths.into_iter().filter_map(|path| {
            let action = match (self.old.files.get(path), self.new.files.get(path)) {
                (None, _) => Action::Added,
                (_, None) => Action::Removed,
                (was, is) if was != is => Action::Changed,
                _ => return None,
            };
            Some((path.as_str(), action))
        })
    }

    fn of_file(&self, path: &str, action: Action, changes: &[Change], marks: &[Marks]) -> Vec<usize> {
        if RECORDS.contains(&path) {
            // They come from everything that does not follow from something else.
            let own = (1..).zip(changes).filter(|(_, change)| change.origin != Origin::Follows);
            let mut own: Vec<usize> = own.map(|(number, _)| number).collect();
            if own.is_empty() {
                own = (1..=changes.len()).collect();
            }
            own.truncate(MOST);
            return own;
        }
        let text = |side: &Side| side.text(path).unwrap_or_default().to_owned();
        let lines = match action {
            Action::Changed => changed_lines(&text(self.old), &text(self.new)),
            Action::Added => text(self.new),
            Action::Removed => text(self.old),
        };
        let spoken = words(&lines);
        let host = host_of_path(path);
        let mut found: BTreeMap<Closeness, Vec<usize>> = BTreeMap::new();
        for ((number, change), marks) in (1..).zip(changes).zip(marks) {
            let here = host.is_some_and(|host| change.hosts.contains(host));
            let close = match marks.are_in(&spoken) {
                _ if self.is_own(path, change) => Closeness::Own,
                true if here => Closeness::SpokenHere,
                true => Closeness::Spoken,
                false if here => Closeness::Host,
                false if is_of_all(change) => Closeness::Network,
                // The quorum is counted at every host.
                false if is_of_shape(change) && (host.is_none() || votes(change)) => Closeness::Shape,
                false => continue,
            };
            found.entry(close).or_default().push(number);
        }
        // What is about the file itself comes first; what its lines speak of belongs to it as well.
        let closest = found.keys().next_back().copied();
        let mut causes = closest.and_then(|close| found.remove(&close)).unwrap_or_default();
        if closest == Some(Closeness::Own) {
            let here = if host.is_some() { Closeness::SpokenHere } else { Closeness::Spoken };
            causes.extend(found.remove(&here).unwrap_or_default());
        }
        // What somebody did explains more than what follows from it, and the changes are sorted so.
        causes.sort_unstable();
        causes.truncate(MOST);
        causes
    }

    /// Whether a file is about the subject of a change, or about a service that it touches.
    fn is_own(&self, path: &str, change: &Change) -> bool {
        let stem = |part: &str| {
            let ends = [".service", ".timer", ".container", ".env", ".yaml", ".yml", ".md", ".json", ".cfg"];
            ends.iter().find_map(|end| part.strip_suffix(end)).unwrap_or(part).to_owned()
        };
        let names = |name: &str| {
            !name.is_empty()
                && path.split('/').any(|part| {
                    let part = stem(part);
                    part == name || (part.starts_with("netgen-") && part.ends_with(&format!("-{name}")))
                })
        };
        let subject = change.subject.name.as_str();
        match change.subject.kind {
            SubjectKind::Service | SubjectKind::Alert | SubjectKind::Region => names(subject),
            // A whole host came or went.
            SubjectKind::Host if change.value.is_empty() => names(subject),
            SubjectKind::Host | SubjectKind::Node => {
                change.services.iter().any(|service| names(service)) && self.is_new_or_gone(change)
            }
            SubjectKind::Input => subject.split('/').rev().nth(1).is_some_and(names),
            _ => false,
        }
    }

    fn is_new_or_gone(&self, change: &Change) -> bool {
        change.value.is_empty() || change.value == "host"
    }

    /// A file that nothing explains.
    fn unexplained(&self, path: &str, action: Action) -> Change {
        let fates = self.running.fates().filter(|(_, fate)| {
            fate.why.iter().any(|why| why == path || (why.ends_with('/') && path.starts_with(why.as_str())))
        });
        let effect = fates.map(|(_, fate)| fate.effect).max().unwrap_or_default();
        let effect = effect.max(if path.starts_with("firewall/") { Effect::Reload } else { Effect::None });
        let (origin, reason) = if !self.inputs.other_netgen() && self.inputs.differs("manifest") {
            (Origin::Author, "the manifest says something that has no other name here")
        } else if self.inputs.other_netgen() {
            (Origin::Moved, "the other netgen writes it otherwise")
        } else {
            (Origin::Moved, "another build of this netgen writes it otherwise")
        };
        Change {
            subject: Subject { kind: SubjectKind::File, name: path.to_owned() },
            value: String::new(),
            action,
            old: None,
            new: None,
            origin,
            effect,
            reason: reason.to_owned(),
            services: BTreeSet::new(),
            hosts: host_of_path(path).map(str::to_owned).into_iter().collect(),
        }
    }

    /// Every restart is the doing of a change. One that is of none yet is that of the changes that its
    /// definition speaks of; where it speaks of none, it is a change of its own.
    fn explain_restarts(&self, changes: &mut Vec<Change>) {
        let marks: Vec<Marks> = changes.iter().map(Marks::of).collect();
        for (service, fate) in self.running.fates() {
            let covers = |change: &Change| change.effect >= fate.effect && change.services.contains(service);
            if changes.iter().any(covers) {
                continue;
            }
            let host = self.new.host_of(service);
            let spoken = words(&fate.changed);
            let mut found = false;
            let causing = changes
                .iter_mut()
                .zip(&marks)
                .filter(|(change, marks)| change.origin != Origin::Follows && marks.are_in(&spoken));
            for (change, _) in causing {
                found = true;
                if change.effect < fate.effect {
                    let does =
                        if fate.effect == Effect::Reload { "reads it anew" } else { "restarts for it" };
                    change.reason.push_str(&format!("; `{service}` {does}"));
                    change.effect = fate.effect;
                }
                change.services.insert(service.to_owned());
                change.hosts.insert(host.to_owned());
            }
            if !found {
                changes.push(self.restart_alone(service, fate.effect, &fate.why, host));
            }
        }
    }

    /// A restart that no other change explains.
    fn restart_alone(&self, service: &str, effect: Effect, why: &[String], host: &str) -> Change {
        let what = crate::diag::list_names(why.iter().map(String::as_str), 4);
        let component = self.new.word(&["services", service, "component"]);
        let data = format!("netgen/components/{component}/");
        let moved = self.inputs.other_netgen() || self.inputs.changed().any(|path| path.starts_with(&data));
        Change {
            subject: Subject { kind: SubjectKind::Service, name: service.to_owned() },
            value: "definition".to_owned(),
            action: Action::Changed,
            old: None,
            new: None,
            origin: if moved { Origin::Moved } else { Origin::Follows },
            effect,
            reason: format!("its definition differs in {what}"),
            services: [service.to_owned()].into(),
            hosts: [host.to_owned()].into(),
        }
    }
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
