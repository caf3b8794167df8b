//! From which changes each file comes.
//!
//! Two things connect a file with a change: the file is about its subject by its path, or the lines that
//! differ speak of it. Where neither does, what changed for the host or for the whole network is the
//! cause. Where nothing is, the file is a change itself, so that nothing differs in silence.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::differing::Differing;
use super::known::{Known, MOST};
use super::marks::{ByMark, Marks};
use super::report::{Action, Change, Effect, FileChange, Origin, Subject, SubjectKind};
use super::running::Running;
use super::side::{RECORDS, Side};
use super::whose::Inputs;
use super::words::{changed_lines, words};
use crate::bundle::host_of_path;

/// Both sides with what was found so far.
pub(super) struct Causes<'a> {
    pub(super) old: &'a Side,
    pub(super) new: &'a Side,
    pub(super) running: &'a Running,
    pub(super) inputs: &'a Inputs<'a>,
    pub(super) differing: &'a Differing<'a>,
}

impl Causes<'_> {
    /// Every file that differs with its causes. Files and restarts that nothing explains become changes.
    pub(super) fn files(&self, changes: &mut Vec<Change>) -> Vec<FileChange> {
        self.explain_restarts(changes);
        let marks: Vec<Marks> = changes.iter().map(Marks::of).collect();
        let known = Known::of(changes, &marks);
        let differing = self.differing.all();
        let causes: Vec<Vec<usize>> =
            differing.par_iter().map(|(path, action)| self.of_file(path, *action, &known)).collect();
        let effects = self.effects_by_reason();
        let mut files = Vec::new();
        for ((path, action), mut causes) in differing.iter().zip(causes) {
            if causes.is_empty() {
                changes.push(self.unexplained(path, *action, &effects));
                causes.push(changes.len());
            }
            files.push(FileChange { path: (*path).to_owned(), action: *action, causes });
        }
        files
    }

    /// The closest changes. A file that shows the whole network comes from a change of its shape only where
    /// nothing else explains it.
    fn of_file(&self, path: &str, action: Action, known: &Known<'_>) -> Vec<usize> {
        if RECORDS.contains(&path) {
            return known.records();
        }
        let [old, new] = [self.old, self.new].map(|side| side.text(path).unwrap_or_default());
        let lines = match action {
            Action::Changed => changed_lines(&old, &new).into(),
            Action::Added => new,
            Action::Removed => old,
        };
        let spoken = words(&lines);
        let host = host_of_path(path);
        // What is about the file itself comes first; what its lines speak of belongs to it as well.
        let mut own = known.about(path);
        let spoken_here = || host.map_or_else(Vec::new, |host| known.spoken_at(host, &spoken));
        if !own.is_empty() {
            own.extend(if host.is_some() { spoken_here() } else { known.spoken(&spoken) });
            return own.into_iter().take(MOST).collect();
        }
        let ways: [&dyn Fn() -> Vec<usize>; 5] = [
            &spoken_here,
            &|| known.spoken(&spoken),
            &|| host.map_or_else(Vec::new, |host| known.at(host)),
            &|| known.of_all(),
            // The quorum is counted at every host.
            &|| if host.is_none() { known.of_shape() } else { known.of_votes() },
        ];
        ways.iter().map(|way| way()).find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// The worst that happens to a service for a file or a folder.
    fn effects_by_reason(&self) -> BTreeMap<&str, Effect> {
        let mut effects: BTreeMap<&str, Effect> = BTreeMap::new();
        for (_, fate) in self.running.fates() {
            for why in &fate.why {
                let worst = effects.entry(why).or_default();
                *worst = fate.effect.max(*worst);
            }
        }
        effects
    }

    /// A file that nothing explains.
    fn unexplained(&self, path: &str, action: Action, effects: &BTreeMap<&str, Effect>) -> Change {
        let folders = path.match_indices('/').filter_map(|(at, _)| path.get(..=at));
        let effect = folders.chain([path]).filter_map(|place| effects.get(place).copied()).max();
        let effect = effect.unwrap_or_default();
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
        let own = (0..).zip(&marks).zip(&*changes).filter(|(_, change)| change.origin != Origin::Follows);
        let by_mark = ByMark::of(own.map(|(marked, _)| marked), usize::MAX);
        let mut explained: BTreeMap<String, Effect> = BTreeMap::new();
        for change in changes.iter() {
            explains(change, &mut explained);
        }
        for (service, fate) in self.running.fates() {
            if explained.get(service).is_some_and(|effect| *effect >= fate.effect) {
                continue;
            }
            let host = self.new.host_of(service);
            let causing = by_mark.spoken(&words(&fate.changed));
            if causing.is_empty() {
                changes.push(self.restart_alone(service, fate.effect, &fate.why, host));
            }
            for number in causing {
                let Some(change) = changes.get_mut(number) else { continue };
                change.services.insert(service.to_owned());
                change.hosts.insert(host.to_owned());
                if change.effect < fate.effect {
                    let does =
                        if fate.effect == Effect::Reload { "reads it anew" } else { "restarts for it" };
                    change.reason.push_str(&format!("; `{service}` {does}"));
                    change.effect = fate.effect;
                    explains(change, &mut explained);
                }
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

/// Takes in that a change explains what happens to its services, up to its effect.
fn explains(change: &Change, explained: &mut BTreeMap<String, Effect>) {
    for service in &change.services {
        match explained.get_mut(service) {
            Some(effect) => *effect = change.effect.max(*effect),
            None => _ = explained.insert(service.clone(), change.effect),
        }
    }
}
