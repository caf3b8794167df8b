//! How far a change reaches.

use std::collections::{BTreeMap, BTreeSet};

use super::power::Power;
use super::report::{
    Action, AlertTouch, BindingTouch, Blast, Change, Effect, FileChange, HostTouch, PortTouch, PowerTouch,
    Rollout, ServiceTouch, SurvivesTouch,
};
use super::running::Running;
use super::side::Side;
use crate::analyze::reachability::{From, OpenPort};
use crate::bundle::host_of_path;
use crate::manifest::{DomainKind, Severity};
use crate::model::{AlertFacts, Survives};

/// The hosts that get other files or services.
pub(super) fn touched(old: &Side, new: &Side, running: &Running, files: &[FileChange]) -> BTreeSet<String> {
    let of_files =
        files.iter().filter_map(|file| host_of_path(&file.path)).filter(|host| *host != "group_vars");
    let moved = running.begun.iter().map(|service| new.host_of(service));
    let ended = running.ended.iter().map(|service| old.host_of(service));
    let here = running.fates().map(|(service, _)| new.host_of(service));
    of_files.chain(moved).chain(ended).chain(here).map(str::to_owned).collect()
}

/// Everything but the roll-out.
pub(super) fn blast(
    old: &Side,
    new: &Side,
    running: &Running,
    changes: &[Change],
    files: &[FileChange],
    rollout: &Rollout,
) -> Blast {
    let services = services(old, new, running, changes);
    let (opened, closed) = ports(&old.document.ports, &new.document.ports);
    let (alerts_gained, alerts_lost) = alerts(&old.document.alerts, &new.document.alerts);
    Blast {
        hosts: hosts(old, new, &services, files, &touched(old, new, running, files)),
        bindings: bindings(old, new, &services),
        services,
        power: power(old, new, running, rollout),
        opened,
        closed,
        alerts_gained,
        alerts_lost,
        survivability: survivability(&old.document.survives, &new.document.survives),
    }
}

fn services(old: &Side, new: &Side, running: &Running, changes: &[Change]) -> Vec<ServiceTouch> {
    let names: BTreeSet<&str> = old.names("services").chain(new.names("services")).collect();
    // What is told of the service alone: that it moves, or loses its state.
    let mut own: BTreeMap<&str, Effect> = BTreeMap::new();
    for change in changes.iter().filter(|change| change.effect >= Effect::Recreate) {
        for service in &change.services {
            let worst = own.entry(service).or_default();
            *worst = change.effect.max(*worst);
        }
    }
    let touch = |name: &str| {
        let action = running.action(name, new)?;
        let fate = running.fate(name);
        let worst = own.get(name).copied().unwrap_or_default();
        let host = Some(new.host_of(name)).filter(|host| !host.is_empty()).unwrap_or(old.host_of(name));
        Some(ServiceTouch {
            service: name.to_owned(),
            host: host.to_owned(),
            action,
            effect: fate.map_or(Effect::None, |fate| fate.effect).max(worst),
            why: fate.map(|fate| fate.why.clone()).unwrap_or_default(),
        })
    };
    names.into_iter().filter_map(touch).collect()
}

/// Bindings of which one end is touched.
fn bindings(old: &Side, new: &Side, touched: &[ServiceTouch]) -> Vec<BindingTouch> {
    let touched: BTreeSet<&str> = touched.iter().map(|touch| touch.service.as_str()).collect();
    let of = |side: &Side| -> BTreeSet<(String, String, String)> {
        let mut found = BTreeSet::new();
        for from in side.names("services") {
            for (interface, to) in side.providers(from) {
                if touched.contains(from) || touched.contains(to) {
                    found.insert((from.to_owned(), interface.to_owned(), to.to_owned()));
                }
            }
        }
        found
    };
    let (before, after) = (of(old), of(new));
    let all = before.union(&after).map(|key| {
        let (from, interface, to) = key.clone();
        let action = match (before.contains(key), after.contains(key)) {
            (false, _) => Some(Action::Added),
            (_, false) => Some(Action::Removed),
            _ => None,
        };
        BindingTouch { from, interface, to, action }
    });
    all.collect()
}

fn hosts(
    old: &Side,
    new: &Side,
    services: &[ServiceTouch],
    files: &[FileChange],
    touched: &BTreeSet<String>,
) -> Vec<HostTouch> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for host in files.iter().filter_map(|file| host_of_path(&file.path)) {
        *counts.entry(host).or_default() += 1;
    }
    let mut effects: BTreeMap<&str, Effect> = BTreeMap::new();
    for touch in services {
        let worst = effects.entry(&touch.host).or_default();
        *worst = touch.effect.max(*worst);
    }
    let has = |side: &Side, host: &str| side.value(&["hosts", host]).is_some();
    let touch = |host: &String| {
        let action = match (has(old, host), has(new, host)) {
            (true, true) => Action::Changed,
            (false, true) => Action::Added,
            (true, false) => Action::Removed,
            (false, false) => return None,
        };
        Some(HostTouch {
            host: host.clone(),
            action,
            effect: effects.get(host.as_str()).copied().unwrap_or_default(),
            files: counts.get(host.as_str()).copied().unwrap_or(0),
        })
    };
    touched.iter().filter_map(touch).collect()
}

/// What of the voting power stops, and how far from too much that is.
fn power(old: &Side, new: &Side, running: &Running, rollout: &Rollout) -> Option<PowerTouch> {
    let (before, after) = (Power::of(old), Power::of(new));
    if !before.votes() && !after.votes() {
        return None;
    }
    // What moves is down from the moment in which it ends, until its new place is reached.
    let moved: Vec<&str> =
        running.ended.iter().map(String::as_str).filter(|s| running.begun.contains(*s)).collect();
    let of_moved = after.lost(&after.services(moved.iter().copied()));
    let with = |services: &[String]| {
        let all = services.iter().map(String::as_str).chain(moved.iter().copied());
        after.lost(&after.services(all))
    };
    let down = rollout.waves.iter().map(|wave| with(&wave.services)).max().unwrap_or(0).max(of_moved);
    let all = running.restarted().chain(moved.iter().copied());
    Some(PowerTouch {
        before: before.quorum.total,
        after: after.quorum.total,
        restarted: after.lost(&after.services(all)),
        down,
        margin_before: before.quorum.margin(0),
        margin_during: after.quorum.margin(down),
        margin_after: after.quorum.margin(0),
    })
}

/// Ports that are open to others than before: (opened, closed).
fn ports(old: &[OpenPort], new: &[OpenPort]) -> (Vec<PortTouch>, Vec<PortTouch>) {
    type Key<'p> = (&'p str, u16, &'p str, &'p str);
    fn by_key(ports: &[OpenPort]) -> BTreeMap<Key<'_>, &OpenPort> {
        ports
            .iter()
            .map(|p| ((p.host.as_str(), p.port, p.service.as_str(), p.interface.as_str()), p))
            .collect()
    }
    let (old, new) = (by_key(old), by_key(new));
    let keys: BTreeSet<&Key<'_>> = old.keys().chain(new.keys()).collect();
    let (mut opened, mut closed) = (Vec::new(), Vec::new());
    for key in keys {
        let (was, is) = (old.get(key), new.get(key));
        let from = |port: Option<&&OpenPort>| port.map_or(From::Nobody, |port| port.from.clone());
        let (before, after) = (from(was), from(is));
        let Some(port) = is.or(was) else { continue };
        let more_ways = match (was, is) {
            (Some(was), Some(is)) => is.transports.iter().any(|t| !was.transports.contains(t)),
            _ => false,
        };
        let touch = || PortTouch {
            host: port.host.clone(),
            port: port.port,
            transports: port.transports.clone(),
            service: port.service.clone(),
            interface: port.interface.clone(),
            before: was.map(|port| port.from.clone()),
            after: is.map(|port| port.from.clone()),
        };
        if !lets_in(&before, &after) || (more_ways && after != From::Nobody) {
            opened.push(touch());
        }
        if !lets_in(&after, &before) {
            closed.push(touch());
        }
    }
    (opened, closed)
}

/// Whether everybody of `few` is let in by `many`.
fn lets_in(many: &From, few: &From) -> bool {
    match (many, few) {
        (_, From::Nobody) | (From::Anyone, _) | (From::Network, From::Network | From::Hosts(_)) => true,
        (From::Hosts(many), From::Hosts(few)) => few.iter().all(|host| many.contains(host)),
        _ => false,
    }
}

impl PortTouch {
    /// Whether strangers are let in who were not before.
    pub fn is_exposure(&self) -> bool {
        let open = |from: &Option<From>| matches!(from, Some(From::Anyone));
        open(&self.after) && !open(&self.before)
    }
}

/// Alerts that came, and that went. One that calls nobody any more is gone, too.
fn alerts(old: &[AlertFacts], new: &[AlertFacts]) -> (Vec<AlertTouch>, Vec<AlertTouch>) {
    type Key<'a> = (&'a str, Severity);
    fn by_key(alerts: &[AlertFacts]) -> BTreeMap<Key<'_>, BTreeSet<String>> {
        let mut all: BTreeMap<Key<'_>, BTreeSet<String>> = BTreeMap::new();
        for alert in alerts {
            all.entry((&alert.name, alert.severity)).or_default().extend(alert.receivers.iter().cloned());
        }
        all
    }
    let (old, new) = (by_key(old), by_key(new));
    let without = |some: &BTreeMap<Key<'_>, BTreeSet<String>>,
                   others: &BTreeMap<Key<'_>, BTreeSet<String>>| {
        let heard = |key: &Key<'_>, receivers: &BTreeSet<String>| {
            others.get(key).is_some_and(|other| !other.is_empty() || receivers.is_empty())
        };
        let gone = some.iter().filter(|(key, receivers)| !heard(key, receivers));
        gone.map(|((alert, severity), receivers)| AlertTouch {
            alert: (*alert).to_owned(),
            severity: *severity,
            receivers: receivers.clone(),
        })
        .collect::<Vec<_>>()
    };
    (without(&new, &old), without(&old, &new))
}

fn survivability(old: &[Survives], new: &[Survives]) -> Vec<SurvivesTouch> {
    let of = |all: &[Survives], kind: DomainKind| all.iter().find(|one| one.kind == kind).cloned();
    let kinds: BTreeSet<DomainKind> = old.iter().chain(new).map(|one| one.kind).collect();
    let touch = |kind| SurvivesTouch { kind, before: of(old, kind), after: of(new, kind) };
    kinds.into_iter().map(touch).filter(|touch| touch.before != touch.after).collect()
}
