//! In which order the change reaches the hosts, with what must hold in between.
//!
//! Hosts on which something stops come first, then those on which nothing does. Both are packed into waves
//! by the rules of every roll-out of netgen (see [`crate::plan::waves`]), with the whole host counted as
//! down, since a restart of all of it is what the playbook may be asked for.

use std::collections::{BTreeMap, BTreeSet};

use super::power::Power;
use super::report::{Change, Effect, Rollout, Wave};
use super::running::Running;
use super::side::Side;
use crate::analyze::parts::PartId;
use crate::diag::list_names;
use crate::manifest::Runtime;
use crate::plan::waves::{Order, Whole};

/// How long each unit must have run before it counts as well, in seconds.
const SETTLE: u64 = 10;

/// The roll-out of a change. `touched` are the hosts that get other files or services.
pub(super) fn rollout(
    old: &Side,
    new: &Side,
    running: &Running,
    changes: &[Change],
    touched: &BTreeSet<String>,
) -> Rollout {
    let power = Power::of(new);
    let mut begun: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for service in &running.begun {
        begun.entry(new.host_of(service)).or_default().push(service);
    }
    let planner = Planner { new, begun, power: &power };
    let mut stopping: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for service in running.restarted() {
        stopping.entry(new.host_of(service)).or_default().push(service);
    }
    let canary = new.word(&["rollout", "canary"]);
    let mut waves = Vec::new();
    if touched.contains(canary) {
        let mut wave = planner.wave(&[canary], &stopping);
        if let Some(watch) = new.document.watch.filter(|seconds| *seconds > 0) {
            wave.gates.push(format!("`{canary}` is well for {}", shown(watch)));
            wave.at_most += watch;
        }
        waves.push(wave);
    }
    let hosts: Vec<&str> = stopping.keys().copied().filter(|host| *host != canary).collect();
    waves.extend(planner.packed(&hosts).iter().map(|wave| planner.wave(wave, &stopping)));
    let has = |host: &&str| new.value(&["hosts", host]).is_some();
    let quiet =
        touched.iter().map(String::as_str).filter(|host| !stopping.contains_key(host) && *host != canary);
    let quiet: Vec<&str> = quiet.filter(has).collect();
    waves.extend(planner.packed(&quiet).iter().map(|wave| planner.wave(wave, &stopping)));
    let worker = Runtime::Kubernetes.word();
    let retired: Vec<String> = running.ended.iter().cloned().collect();
    let stop = |service: &String| old.document.services.get(service).map_or(0, |facts| facts.grace);
    let retire = retired.iter().map(stop).max().unwrap_or(0);
    let lost = changes.iter().filter(|change| change.effect == Effect::DataLoss);
    let beyond: BTreeSet<String> = lost
        .map(|change| format!("{} `{}`: {}", change.subject.kind.word(), change.subject.name, change.reason))
        .collect();
    Rollout {
        retired,
        at_most: retire + waves.iter().map(|wave| wave.at_most).sum::<u64>(),
        waves,
        workers: touched
            .iter()
            .filter(|host| new.word(&["hosts", host, "runtime"]) == worker)
            .cloned()
            .collect(),
        rollback: old.name.bundle.clone(),
        beyond_rollback: beyond.into_iter().collect(),
    }
}

struct Planner<'a> {
    new: &'a Side,
    /// The services that are new on a host.
    begun: BTreeMap<&'a str, Vec<&'a str>>,
    power: &'a Power,
}

impl<'a> Planner<'a> {
    /// The waves of hosts on which something stops.
    fn packed(&self, hosts: &[&'a str]) -> Vec<Vec<&'a str>> {
        let mut members: BTreeMap<&str, Vec<PartId>> = BTreeMap::new();
        for service in self.new.names("services") {
            members.entry(self.new.host_of(service)).or_default().extend(self.power.service(service));
        }
        let whole = |host: &&str| Whole {
            members: members.get(host).cloned().unwrap_or_default(),
            places: self.new.document.hosts.get(*host).map(|facts| facts.places.clone()).unwrap_or_default(),
        };
        let wholes: Vec<Whole> = hosts.iter().map(whole).collect();
        let order = Order::new(&self.power.parts, self.power.quorum, self.power.alike.clone());
        let names = |wave: Vec<usize>| {
            let mut names: Vec<&str> = wave.into_iter().filter_map(|at| hosts.get(at).copied()).collect();
            names.sort_unstable();
            names
        };
        order.pack(&wholes).into_iter().map(names).collect()
    }

    fn wave(&self, hosts: &[&str], stopping: &BTreeMap<&str, Vec<&str>>) -> Wave {
        let stops = |host: &&str| stopping.get(host).cloned().unwrap_or_default();
        let services: Vec<&str> = hosts.iter().flat_map(stops).collect();
        let lost = self.power.lost(&self.power.services(services.iter().copied()));
        let one = |host: &&str| {
            let grace =
                |service: &&str| self.new.document.services.get(*service).map_or(0, |facts| facts.grace);
            let patience = self.new.document.hosts.get(*host).map_or(0, |facts| facts.patience);
            stops(host).iter().map(grace).max().unwrap_or(0) + patience + SETTLE
        };
        Wave {
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            lost,
            margin: self.power.votes().then(|| self.power.quorum.margin(lost)),
            gates: self.gates(hosts, &services),
            at_most: hosts.iter().map(one).max().unwrap_or(0),
            services: services.into_iter().map(str::to_owned).collect(),
        }
    }

    /// What must hold before the next wave.
    fn gates(&self, hosts: &[&str], stopping: &[&str]) -> Vec<String> {
        let begun = hosts.iter().filter_map(|host| self.begun.get(host)).flatten().copied();
        let started: BTreeSet<&str> = stopping.iter().copied().chain(begun).collect();
        let facts = |service: &&str| self.new.document.services.get(*service);
        let checked: Vec<&str> =
            started.iter().copied().filter(|s| facts(s).is_some_and(|f| f.checked)).collect();
        let mut gates = vec![format!("all units of {} run", list_names(hosts.iter().copied(), 4))];
        if !checked.is_empty() {
            gates.push(format!("healthy: {}", list_names(checked, 4)));
        }
        let mut asked: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for service in &started {
            if let Some(protocol) = facts(service).and_then(|facts| facts.asked.as_deref()) {
                asked.entry(protocol).or_default().push(service);
            }
        }
        for (protocol, services) in asked {
            gates.push(format!("as far along its chain as before ({protocol}): {}", list_names(services, 4)));
        }
        gates
    }
}

/// Seconds for people.
pub(super) fn shown(seconds: u64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds}s"),
        (minutes, 0) => format!("{minutes}m"),
        (minutes, seconds) => format!("{minutes}m{seconds}s"),
    }
}

impl Rollout {
    /// The plan as variables of the roll playbook: `ansible-playbook roll.yml -e @<file>`. Workers of a
    /// cluster are none of its hosts.
    pub fn variables(&self) -> serde_json::Value {
        let machine = |host: &&String| !self.workers.contains(host);
        let waves = self.waves.iter().map(|wave| wave.hosts.iter().filter(machine).collect::<Vec<_>>());
        let waves: Vec<Vec<&String>> = waves.filter(|wave| !wave.is_empty()).collect();
        serde_json::json!({ "netgen_rollout": waves })
    }
}
