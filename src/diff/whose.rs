//! Whose doing a change is: the author's, the lock's, that of another netgen or catalog, or of other
//! changes that it follows from.

use std::collections::BTreeSet;

use super::report::{Origin, SubjectKind};
use super::side::Side;
use super::values::Difference;
use crate::model::{Document, Origin as From};

/// The folder of the data that comes with netgen, among the inputs of a bundle.
const BUILT_IN: &str = "netgen/";

/// What went into both sides.
pub(super) struct Inputs<'a> {
    old: &'a Side,
    new: &'a Side,
    changed: BTreeSet<&'a str>,
}

impl<'a> Inputs<'a> {
    pub(super) fn of(old: &'a Side, new: &'a Side) -> Self {
        let digest = |side: &'a Side, path: &str| {
            side.inputs.iter().find(|input| input.path == path).map(|input| input.sha256.as_str())
        };
        let paths = [old, new].into_iter().flat_map(|side| side.inputs.iter().map(|i| i.path.as_str()));
        let changed = paths.filter(|path| digest(old, path) != digest(new, path)).collect();
        Self { old, new, changed }
    }

    /// The inputs that differ, or that only one side has.
    pub(super) fn changed(&self) -> impl Iterator<Item = &'a str> {
        self.changed.iter().copied()
    }

    /// Whether both sides have an input, and it differs.
    pub(super) fn differs(&self, path: &str) -> bool {
        let has = |side: &Side| side.inputs.iter().any(|input| input.path == path);
        self.changed.contains(path) && has(self.old) && has(self.new)
    }

    /// Whether two versions of netgen made the sides.
    pub(super) fn other_netgen(&self) -> bool {
        self.old.name.netgen != self.new.name.netgen
    }

    /// Who moved a value that comes from data below a path such as `components/geth/`.
    fn of_data(&self, path: &str) -> Origin {
        let below = |prefix: &str| self.changed().any(|p| p.starts_with(prefix) && self.differs(p));
        let has = |prefix: &str| self.new.inputs.iter().any(|input| input.path.starts_with(prefix));
        let built_in = format!("{BUILT_IN}{path}");
        if below(&built_in) || (has(&built_in) && self.other_netgen()) {
            Origin::Moved
        } else if below(path) || (!has(path) && !has(&built_in) && self.differs("manifest")) {
            // Data of the author's own: beside the manifest, or in it.
            Origin::Author
        } else {
            Origin::Follows
        }
    }

    /// Whose doing a difference is.
    pub(super) fn origin(&self, found: &Difference) -> Origin {
        if found.subject.kind == SubjectKind::Key {
            return Origin::Lock;
        }
        if found.subject.kind == SubjectKind::Alert {
            return self.of_alert(&found.subject.name);
        }
        if found.subject.kind == SubjectKind::Service && self.follows_another(found) {
            return Origin::Follows;
        }
        let sources = [self.old, self.new].map(|side| source(&side.document, &found.pointer));
        if sources.contains(&Some(From::Manifest)) {
            return Origin::Author;
        }
        if sources.contains(&Some(From::Lock)) {
            return Origin::Lock;
        }
        let same = |steps: &[&str]| self.old.value(steps) == self.new.value(steps);
        let has = |from: From| sources.contains(&Some(from));
        let service = ["services", found.subject.name.as_str(), "component"];
        if has(From::Component) && found.subject.kind == SubjectKind::Service {
            let component = self.new.word(&service);
            // Something new has the defaults of its component, whatever they were before.
            if found.steps.is_empty() || !same(&service) {
                return Origin::Follows;
            }
            let origin = self.of_data(&format!("components/{component}/"));
            // Where the catalog's port is taken, the lock says which one it is.
            let is_port = found.steps.first().is_some_and(|step| step == "interfaces");
            let locked = is_port && origin == Origin::Follows && self.differs("netgen.lock");
            return if locked { Origin::Lock } else { origin };
        }
        if has(From::Chain) {
            let chain = self.new.word(&["network", "chain"]);
            let moved = same(&["network", "chain"]);
            return if moved { self.of_data(&format!("chains/{chain}")) } else { Origin::Follows };
        }
        if has(From::Language) && !found.steps.is_empty() && self.other_netgen() {
            return Origin::Moved;
        }
        Origin::Follows
    }

    /// Whether a service comes, goes or moves with its node, or with the service that it accompanies.
    fn follows_another(&self, found: &Difference) -> bool {
        let name = found.subject.name.as_str();
        let leader = |side: &Side, key: &str| side.word(&["services", name, key]).to_owned();
        let differs = |section: &str, leader: &str, key: &str| {
            let of = |side: &'a Side| side.value(&[section, leader]).map(|value| value.get(key));
            !leader.is_empty() && of(self.old) != of(self.new)
        };
        let is_about = found.steps.is_empty() || found.steps.first().is_some_and(|step| step == "host");
        let side = if self.new.value(&["services", name]).is_some() { self.new } else { self.old };
        is_about
            && (differs("nodes", &leader(side, "node"), "host")
                || differs("services", &leader(side, "accompanies"), "host"))
    }

    fn of_alert(&self, name: &str) -> Origin {
        let about = |side: &'a Side| {
            let found = side.document.alerts.iter().find(|alert| alert.name == name);
            found.and_then(|alert| alert.component.as_deref())
        };
        match about(self.new).or_else(|| about(self.old)) {
            Some(component) => match self.of_data(&format!("components/{component}/")) {
                Origin::Author if self.new.inputs.iter().all(|i| !i.path.starts_with("components/")) => {
                    Origin::Follows
                }
                origin => origin,
            },
            None if self.other_netgen() => Origin::Moved,
            None => Origin::Follows,
        }
    }
}

/// Where a value comes from, or the first of those below it that the manifest or the lock says.
fn source(document: &Document, pointer: &str) -> Option<From> {
    if pointer.is_empty() {
        return None;
    }
    let below = format!("{pointer}/");
    let has = |set: &BTreeSet<String>| {
        set.contains(pointer)
            || set.range(below.clone()..).next().is_some_and(|next| next.starts_with(&below))
    };
    // The author comes first in the order of origins.
    document.origins.iter().find(|(_, set)| has(set)).map(|(origin, _)| *origin)
}
