//! What each change does, and why.
//!
//! Values that run in a service take their effect from what really happens to it, see
//! [`super::running`]. What moves or replaces state is told by its meaning.

use std::collections::BTreeSet;

use super::members::Members;
use super::report::{Action, Effect, SubjectKind};
use super::running::Running;
use super::side::Side;
use super::values::Difference;

/// What a change does.
pub(super) struct Verdict {
    pub(super) effect: Effect,
    pub(super) reason: String,
    pub(super) services: BTreeSet<String>,
    pub(super) hosts: BTreeSet<String>,
}

impl Verdict {
    fn new(effect: Effect, reason: impl Into<String>) -> Self {
        Self { effect, reason: reason.into(), services: BTreeSet::new(), hosts: BTreeSet::new() }
    }
}

/// Both sides, and what happens to what they run.
pub(super) struct Judge<'a> {
    pub(super) old: &'a Side,
    pub(super) new: &'a Side,
    pub(super) running: &'a Running,
    before: Members<'a>,
    after: Members<'a>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(old: &'a Side, new: &'a Side, running: &'a Running) -> Self {
        Self { old, new, running, before: Members::of(old), after: Members::of(new) }
    }

    /// What a difference does.
    pub(super) fn judge(&self, found: &Difference) -> Verdict {
        let mut verdict = match found.subject.kind {
            SubjectKind::Service => self.service(found),
            SubjectKind::Host => self.host(found),
            SubjectKind::Node => self.node(found),
            SubjectKind::Cluster => Verdict::new(
                Effect::None,
                "changes which failures the validators of the cluster survive, not a program",
            ),
            SubjectKind::Secret => self.secret(found),
            SubjectKind::ContainerNetwork => self.container_network(found),
            SubjectKind::Region => {
                let verdict =
                    Verdict::new(Effect::None, "says where hosts stand; labels and the analysis follow");
                self.at_hosts(verdict, |side, host| {
                    side.word(&["hosts", host, "region"]) == found.subject.name
                })
            }
            SubjectKind::Key => self.key(found),
            SubjectKind::Alert => self.alert(),
            SubjectKind::Network => self.network(found),
            SubjectKind::File | SubjectKind::Input => Verdict::new(Effect::None, ""),
        };
        let hosts = verdict.services.iter().flat_map(|service| self.hosts_of(service));
        verdict.hosts.extend(hosts.collect::<Vec<_>>());
        verdict
    }

    /// Where a service ran and runs.
    fn hosts_of(&self, service: &str) -> Vec<String> {
        let hosts = [self.old, self.new].map(|side| side.host_of(service).to_owned());
        hosts.into_iter().filter(|host| !host.is_empty()).collect()
    }

    fn at_hosts(&self, mut verdict: Verdict, is: impl Fn(&Side, &str) -> bool) -> Verdict {
        for side in [self.old, self.new] {
            verdict.hosts.extend(side.names("hosts").filter(|host| is(side, host)).map(str::to_owned));
        }
        verdict
    }

    /// Adds the services that restart or reload, and takes the worst of what happens to them.
    fn following<'s>(&self, services: impl IntoIterator<Item = &'s str>, quiet: &str) -> Verdict {
        let mut verdict = Verdict::new(Effect::None, quiet);
        let mut names: Vec<&str> = Vec::new();
        for service in services {
            let effect = self.running.fate(service).map_or(Effect::None, |fate| fate.effect);
            if effect > verdict.effect {
                (verdict.effect, names) = (effect, Vec::new());
            }
            if effect == verdict.effect && effect > Effect::None {
                names.push(service);
            }
            verdict.services.insert(service.to_owned());
        }
        if verdict.effect > Effect::None {
            names.sort_unstable();
            let named = crate::diag::list_names(names.iter().copied(), 3);
            let (one, what) = (names.len() == 1, verdict.effect);
            verdict.reason = match what {
                Effect::Reload if one => format!("{named} reads it anew without a restart"),
                Effect::Reload => format!("{named} read it anew without a restart"),
                _ if one => format!("{named} reads it at its start"),
                _ => format!("{named} read it at their start"),
            };
        }
        verdict
    }

    /// The state that a service had, in words: what must be kept, and what comes back.
    fn state_of(&self, service: &str) -> (Vec<&str>, Vec<&str>) {
        let Some(facts) = self.old.document.services.get(service) else { return Default::default() };
        let kept = facts.state.iter().filter(|(_, kept)| **kept).map(|(name, _)| name.as_str());
        let other = facts.state.iter().filter(|(_, kept)| !**kept).map(|(name, _)| name.as_str());
        (kept.collect(), other.collect())
    }

    /// What it means that a service does not find its state any more.
    fn without_state(&self, services: &[&str], what: &str) -> Verdict {
        let (mut kept, mut other, mut signs) = (Vec::new(), Vec::new(), false);
        for service in services {
            let (must, may) = self.state_of(service);
            signs |= !must.is_empty() && self.old.document.services.get(*service).is_some_and(|f| f.signs);
            kept.extend(must.into_iter().map(|volume| format!("{volume} of {service}")));
            other.extend(may.into_iter().map(|volume| format!("{volume} of {service}")));
        }
        let named = |names: &[String]| crate::diag::list_names(names.iter().map(String::as_str), 3);
        let mut verdict = if !kept.is_empty() {
            let harm = if signs {
                "; what was signed before must come along, or validators are slashed"
            } else {
                ""
            };
            Verdict::new(Effect::DataLoss, format!("{what} without {}{harm}", named(&kept)))
        } else if !other.is_empty() {
            Verdict::new(
                Effect::Recreate,
                format!("{what} without {}, which it gets again by itself", named(&other)),
            )
        } else {
            Verdict::new(Effect::Recreate, format!("{what}; it has no state"))
        };
        verdict.services.extend(services.iter().map(|service| (*service).to_owned()));
        verdict
    }

    fn service(&self, found: &Difference) -> Verdict {
        let name = found.subject.name.as_str();
        let first = found.steps.first().map(String::as_str);
        let second = found.steps.get(1).map(String::as_str);
        let third = found.steps.get(2).map(String::as_str);
        let mut verdict = match (first, third) {
            (None, _) if found.action == Action::Added => {
                Verdict::new(Effect::None, "starts; nothing that runs stops for it")
            }
            (None, _) => self.without_state(&[name], "ends, and what takes its place begins"),
            (Some("host"), _) => self.without_state(&[name], "begins on another host"),
            (Some("component"), _) => self.without_state(&[name], "another program takes its place"),
            (Some("volumes"), Some("host-path")) if found.old.is_some() => {
                let volume = second.unwrap_or_default();
                let kept = self.state_of(name).0.contains(&volume);
                let effect = if kept { Effect::DataLoss } else { Effect::Recreate };
                Verdict::new(
                    effect,
                    format!(
                        "begins without {volume}: the folder is another one, and nothing moves the files"
                    ),
                )
            }
            (Some("volumes"), Some("size" | "growth" | "backup")) => {
                Verdict::new(Effect::None, "is about room and backups, not about the program")
            }
            _ => {
                let quiet = match first {
                    Some("uses") => "changes whom it asks, in nothing that it reads",
                    Some("interfaces") => "changes who may connect, in nothing that it reads",
                    _ => "is in nothing that it reads",
                };
                let mut verdict = self.following([name], quiet);
                if verdict.effect == Effect::None && self.running.begun.contains(name) {
                    verdict.reason = "it begins anew on its host".to_owned();
                } else if verdict.effect == Effect::Restart {
                    verdict.reason = match first {
                        Some("image" | "digest") => "another image: the program stops and starts from it",
                        Some("settings" | "environment") => "it reads its settings at its start",
                        Some("resources") => "limits are given at its start",
                        Some("interfaces") => "it listens otherwise from its next start on",
                        Some("uses") => "it is told at its start whom to ask",
                        Some("secrets") => "it reads its secrets at its start",
                        _ => "it is given at its start",
                    }
                    .to_owned();
                }
                verdict
            }
        };
        verdict.services.insert(name.to_owned());
        verdict
    }

    fn host(&self, found: &Difference) -> Verdict {
        let name = found.subject.name.as_str();
        let services = self.before.on_host(name);
        let mut verdict = match found.steps.first().map(String::as_str) {
            None if found.action == Action::Added => {
                Verdict::new(Effect::None, "is made ready; nothing that runs stops for it")
            }
            None if services.is_empty() => Verdict::new(Effect::None, "nothing ran on it"),
            None => self.without_state(services, "what ran on it goes on elsewhere, if at all,"),
            Some("runtime") => {
                Verdict::new(Effect::Restart, "every service is stopped by the one and started by the other")
            }
            Some("data-dir") if !services.is_empty() => {
                self.without_state(services, "the folder is another one: services begin")
            }
            Some("ssh") => Verdict::new(Effect::None, "is how people and playbooks log in"),
            Some("labels" | "resources" | "operator" | "rack" | "provider" | "region") => Verdict::new(
                Effect::None,
                "is what is known of the host; labels, limits and the analysis follow",
            ),
            Some("data-disk") => Verdict::new(Effect::None, "is for a machine that is set up anew"),
            Some("architecture") => Verdict::new(Effect::Recreate, "is another machine"),
            Some("address" | "private-address") => {
                let all = self.after.mentioning(name).iter().copied();
                self.following(all, "nothing reads the address at its start")
            }
            Some(_) => self.following(services.iter().copied(), "nothing that runs reads it"),
        };
        verdict.hosts.insert(name.to_owned());
        verdict
    }

    fn node(&self, found: &Difference) -> Verdict {
        let name = found.subject.name.as_str();
        let own = self.before.of_node(name).iter().chain(self.after.of_node(name)).copied();
        let services: Vec<&str> = own.collect::<BTreeSet<&str>>().into_iter().collect();
        let mut verdict = match found.steps.first().map(String::as_str) {
            None if found.action == Action::Added => {
                Verdict::new(Effect::None, "starts; nothing that runs stops for it")
            }
            None => self.without_state(&services, "ends: its services are gone"),
            Some("host") => self.without_state(&services, "begins on another host"),
            Some("voting-power") => {
                Verdict::new(Effect::None, "changes the arithmetic of the quorum, not a program")
            }
            Some(_) => self.following(services.iter().copied(), "nothing that runs reads it"),
        };
        verdict.services.extend(services.into_iter().map(str::to_owned));
        verdict
    }

    fn secret(&self, found: &Difference) -> Verdict {
        let name = found.subject.name.as_str();
        let readers = self.before.with_secret(name).iter().chain(self.after.with_secret(name)).copied();
        let services: BTreeSet<&str> = readers.collect();
        let mut verdict = match (found.action, found.steps.first().map(String::as_str)) {
            (Action::Added, None) => {
                Verdict::new(Effect::None, "is brought to its hosts before who reads it starts")
            }
            (Action::Removed, None) => Verdict::new(Effect::None, "nobody reads it any more"),
            (_, Some("generate")) => {
                Verdict::new(Effect::None, "a value that was made before stays; it is for the first deploy")
            }
            (_, Some("hosts")) => Verdict::new(Effect::None, "follows who reads it"),
            _ if services.is_empty() => Verdict::new(Effect::None, "nobody reads it"),
            _ => {
                let named = crate::diag::list_names(services.iter().copied(), 3);
                let verb = if services.len() == 1 { "restarts" } else { "restart" };
                Verdict::new(
                    Effect::Restart,
                    format!("comes from elsewhere: where the value differs, {named} {verb}"),
                )
            }
        };
        verdict.services.extend(services.into_iter().map(str::to_owned));
        verdict
    }

    fn container_network(&self, found: &Difference) -> Verdict {
        let name = found.subject.name.as_str();
        let members = self.before.in_network(name).iter().chain(self.after.in_network(name)).copied();
        let members = members.filter(|service| self.new.value(&["services", service]).is_some());
        let members: BTreeSet<&str> = members.collect();
        let mut verdict = self.following(members, "no container that runs is in it");
        if verdict.effect == Effect::Restart {
            verdict.reason = "is made anew, and its containers with it".to_owned();
        }
        verdict
    }

    fn key(&self, found: &Difference) -> Verdict {
        let (service, _) = found.subject.name.rsplit_once('/').unwrap_or((&found.subject.name, ""));
        let signs = self.old.document.services.get(service).is_some_and(|facts| facts.signs);
        let mut verdict = self.following(self.running.names(), "nothing that runs knows it by this key");
        if signs && found.action != Action::Added && self.new.document.services.contains_key(service) {
            verdict.effect = Effect::DataLoss;
            verdict.reason =
                "the key that signs is another one: the old one is no validator's of this network".to_owned();
        }
        if self.new.document.services.contains_key(service) {
            verdict.services.insert(service.to_owned());
        }
        verdict
    }

    fn alert(&self) -> Verdict {
        let readers = self.after.readers().iter().copied();
        self.following(
            readers.filter(|service| self.running.fate(service).is_some()),
            "nothing reads its rule",
        )
    }

    fn network(&self, found: &Difference) -> Verdict {
        let at: Vec<&str> = found.steps.iter().map(String::as_str).collect();
        let all: Vec<&str> = self.old.names("services").collect();
        let every = || self.new.names("services");
        match (found.subject.name.as_str(), at.as_slice()) {
            ("network", ["name"]) => {
                self.without_state(&all, "names every folder, unit and container: all of them begin anew")
            }
            ("network", ["chain"]) => self.without_state(&all, "is another chain: its services begin"),
            ("network", _) => self.following(every(), "is what the network is for; rules judge it otherwise"),
            ("genesis", _) => self.without_state(&all, "is another first block: its services begin"),
            ("chain", _) => {
                self.following(every(), "is what is known of the chain; nothing that runs reads it")
            }
            ("require", _) => Verdict::new(Effect::None, "is what must be proved of the network"),
            ("rollout", _) => Verdict::new(Effect::None, "is how changes reach the hosts"),
            ("backup", _) => {
                let mut verdict = Verdict::new(Effect::None, "timers save otherwise; programs go on");
                if at == ["to"] {
                    verdict.reason.push_str(". What was saved before stays where it was");
                }
                verdict
            }
            ("kubernetes", _) => self.following(every(), "is where claims and secrets come from"),
            ("security", ["firewall" | "admin-networks"]) => {
                let verdict = Verdict::new(Effect::Reload, "rules are replaced while all goes on");
                self.at_hosts(verdict, |_, _| true)
            }
            _ => self.following(self.running.names(), "nothing that runs reads it"),
        }
    }
}
