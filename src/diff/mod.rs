//! What happens when one bundle takes the place of another: the diff of two networks, not of two texts.
//!
//! Each side is a bundle in the end, whatever it was named by; `network.json` in it has the resolved
//! network ([`crate::model::Document`]), so a bundle alone is a full side. Two that are made at the same
//! time keep no bytes of what they have in common ([`Common`]). Then:
//!
//! - `differing`: the files that differ, by their digests;
//! - `values`: every value of the network that differs;
//! - `running`: what happens to each service, by the files that it runs from;
//! - `classify`: what a change does (none, reload, restart, recreate, data loss), and why;
//! - `whose`: the author's changes apart from defaults that moved and from what follows;
//! - `causes`: for each file that differs the changes that it comes from; a file or a restart that
//!   nothing explains is a change itself;
//! - `blast`: hosts, services, voting power, open ports, alerts, survivability;
//! - `rollout`: the waves.

mod blast;
mod causes;
mod classify;
mod common;
mod differing;
mod known;
mod marks;
mod members;
pub mod page;
mod power;
mod report;
mod rollout;
mod running;
mod side;
mod values;
mod whose;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use self::causes::Causes;
use self::classify::Judge;
pub use self::common::{Common, Half};
use self::differing::Differing;
use self::report::VERSION;
pub use self::report::{
    Action, AlertTouch, BindingTouch, Blast, Change, Diff, Effect, FileChange, HostTouch, Origin, PortTouch,
    PowerTouch, Rollout, ServiceTouch, SideKind, SideName, Subject, SubjectKind, SurvivesTouch, Wave,
};
use self::running::Running;
pub use self::side::Side;
use self::values::Difference;
use self::whose::Inputs;
use crate::model::masked;

/// What happens when `new` takes the place of `old`.
pub fn diff(old: &Side, new: &Side) -> Diff {
    let differing = Differing::of(old, new);
    let running = Running::of(old, new, &differing);
    let inputs = Inputs::of(old, new);
    let judge = Judge::new(old, new, &running);
    let differences = values::differences(old, new);
    let mut changes: Vec<Change> =
        differences.par_iter().map(|found| change(found, &judge, &inputs)).collect();
    of_inputs(old, new, &judge, &inputs, &mut changes);
    // Where nobody changed anything, the other netgen did.
    if inputs.other_netgen() && changes.iter().all(|change| change.origin == Origin::Follows) {
        changes.iter_mut().for_each(|change| change.origin = Origin::Moved);
    }
    sort(&mut changes);
    let causes = Causes { old, new, running: &running, inputs: &inputs, differing: &differing };
    let files = causes.files(&mut changes);
    let (changes, files) = renumbered(changes, files);
    let touched = blast::touched(old, new, &running, &files);
    let rollout = rollout::rollout(old, new, &running, &changes, &touched);
    let mut origins = BTreeMap::new();
    for change in &changes {
        *origins.entry(change.origin).or_insert(0) += 1;
    }
    Diff {
        version: VERSION,
        network: new.word(&["network", "name"]).to_owned(),
        old: old.name.clone(),
        new: new.name.clone(),
        effect: changes.iter().map(|change| change.effect).max().unwrap_or_default(),
        origins,
        blast: blast::blast(old, new, &running, &changes, &files, &rollout),
        rollout,
        changes,
        files,
    }
}

fn change(found: &Difference, judge: &Judge<'_>, inputs: &Inputs<'_>) -> Change {
    let verdict = judge.judge(found);
    Change {
        subject: found.subject.clone(),
        value: crate::load::dotted::join(found.steps.iter().map(String::as_str)),
        action: found.action,
        // A bundle of somebody else may hold what one of ours never does.
        old: found.old.clone().map(masked),
        new: found.new.clone().map(masked),
        origin: inputs.origin(found),
        effect: verdict.effect,
        reason: verdict.reason,
        services: verdict.services,
        hosts: verdict.hosts,
    }
}

/// What went in, where that says more than the changes: another netgen, other data of components and
/// chains; the manifest and the lock where no value of theirs is another.
fn of_inputs(old: &Side, new: &Side, judge: &Judge<'_>, inputs: &Inputs<'_>, changes: &mut Vec<Change>) {
    let input = |name: &str, action, origin, reason: &str, services: BTreeSet<String>| {
        let running = services.iter().filter_map(|service| judge.running.fate(service));
        let hosts = services.iter().map(|service| new.host_of(service).to_owned()).collect();
        Change {
            subject: Subject { kind: SubjectKind::Input, name: name.to_owned() },
            value: String::new(),
            action,
            old: None,
            new: None,
            origin,
            effect: running.map(|fate| fate.effect).max().unwrap_or_default(),
            reason: reason.to_owned(),
            services,
            hosts,
        }
    };
    let has = |origin: Origin, changes: &[Change]| changes.iter().any(|change| change.origin == origin);
    for path in inputs.changed() {
        let quiet = if changes.is_empty() {
            "says the same of all that is deployed"
        } else {
            "what it says otherwise has no name of its own here"
        };
        match path {
            "manifest" if has(Origin::Author, changes) => {}
            "netgen.lock" if has(Origin::Lock, changes) => {}
            "manifest" => {
                changes.push(input(path, Action::Changed, Origin::Author, quiet, BTreeSet::new()));
            }
            "netgen.lock" => {
                changes.push(input(path, Action::Changed, Origin::Lock, quiet, BTreeSet::new()));
            }
            // What only one side reads came or went with a service.
            _ if !inputs.differs(path) => {}
            _ => {
                let moved = path.starts_with("netgen/");
                let component = path.split('/').rev().nth(1).unwrap_or_default();
                let runs = |service: &&str| new.word(&["services", service, "component"]) == component;
                let services = new.names("services").filter(runs).map(str::to_owned).collect();
                let origin = if moved { Origin::Moved } else { Origin::Author };
                let reason =
                    if moved { "the catalog says otherwise" } else { "data of this network says otherwise" };
                changes.push(input(path, Action::Changed, origin, reason, services));
            }
        }
    }
    if inputs.other_netgen() {
        let mut change = input(
            "netgen",
            Action::Changed,
            Origin::Moved,
            "another version writes the files",
            BTreeSet::new(),
        );
        change.old = Some(old.name.netgen.as_str().into());
        change.new = Some(new.name.netgen.as_str().into());
        changes.push(change);
    }
}

/// By origin, then effect, the worst first.
fn sort(changes: &mut [Change]) {
    changes.sort_by(|a, b| {
        (a.origin, std::cmp::Reverse(a.effect), &a.subject, &a.value).cmp(&(
            b.origin,
            std::cmp::Reverse(b.effect),
            &b.subject,
            &b.value,
        ))
    });
}

/// The changes in their final order, with the numbers that files name them by.
fn renumbered(changes: Vec<Change>, mut files: Vec<FileChange>) -> (Vec<Change>, Vec<FileChange>) {
    let mut order: Vec<usize> = (0..changes.len()).collect();
    let key = |at: &usize| {
        changes.get(*at).map(|change| {
            (change.origin, std::cmp::Reverse(change.effect), change.subject.clone(), change.value.clone())
        })
    };
    order.sort_by_key(key);
    let place: BTreeMap<usize, usize> = order.iter().zip(1..).map(|(old, new)| (old + 1, new)).collect();
    for file in &mut files {
        file.causes = file.causes.iter().filter_map(|cause| place.get(cause).copied()).collect();
        file.causes.sort_unstable();
    }
    let mut slots: Vec<Option<Change>> = changes.into_iter().map(Some).collect();
    let sorted = order.into_iter().filter_map(|at| slots.get_mut(at)?.take()).collect();
    (sorted, files)
}
