//! What happens to each service when the new bundle is deployed over the old one.
//!
//! The files decide, as they do on the host: a unit restarts if its definition or a file of its own
//! differs, a container of Compose if its part of the project does, and what only reads a shared folder
//! is told to read it anew.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde_json::Value;

use super::differing::Differing;
use super::report::{Action, Effect};
use super::side::Side;
use super::words::changed_lines;
use crate::diag::Sink;
use crate::manifest::Runtime;
use crate::text::SourceMap;
use crate::topology::{network_name, network_unit_name, unit_name};
use crate::value::{self, Format};

/// What happens to a service.
#[derive(Clone, Debug, Default)]
pub(super) struct Fate {
    pub(super) effect: Effect,
    /// What of it differs.
    pub(super) why: Vec<String>,
    /// The lines and values that differ.
    pub(super) changed: String,
}

/// What happens to all of them, by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Running {
    fates: BTreeMap<String, Fate>,
    /// Services that are new, or on another host.
    pub(super) begun: BTreeSet<String>,
    /// Services that are gone, or on another host.
    pub(super) ended: BTreeSet<String>,
}

impl Running {
    /// Compares what both sides run.
    pub(super) fn of(old: &Side, new: &Side, differing: &Differing<'_>) -> Self {
        let mut running = Self::default();
        let mut staying: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for service in new.names("services") {
            let (was, is) = (old.host_of(service), new.host_of(service));
            if was == is {
                staying.entry(is).or_default().push(service);
            } else {
                running.begun.insert(service.to_owned());
            }
        }
        let fates = staying
            .into_par_iter()
            .map(|(host, services)| Host::of(old, new, differing, host).fates(&services));
        running.fates = fates.collect::<Vec<_>>().into_iter().flatten().collect();
        let gone = old.names("services").filter(|service| old.host_of(service) != new.host_of(service));
        running.ended = gone.map(str::to_owned).collect();
        running
    }

    /// What happens to a service that is there before and after.
    pub(super) fn fate(&self, service: &str) -> Option<&Fate> {
        self.fates.get(service)
    }

    /// Every service that stops and starts again where it is.
    pub(super) fn restarted(&self) -> impl Iterator<Item = &str> {
        let stops = |(_, fate): &(&String, &Fate)| fate.effect >= Effect::Restart;
        self.fates.iter().filter(stops).map(|(service, _)| service.as_str())
    }

    /// Every service that something happens to where it is.
    pub(super) fn fates(&self) -> impl Iterator<Item = (&str, &Fate)> {
        self.fates.iter().map(|(service, fate)| (service.as_str(), fate))
    }

    /// The names of those services.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.fates.keys().map(String::as_str)
    }

    /// The action of a service, if anything happens to it.
    pub(super) fn action(&self, service: &str, new: &Side) -> Option<Action> {
        match (self.begun.contains(service), self.ended.contains(service)) {
            (true, false) => Some(Action::Added),
            (false, true) if new.host_of(service).is_empty() => Some(Action::Removed),
            (true, true) | (false, true) => Some(Action::Changed),
            (false, false) => self.fates.contains_key(service).then_some(Action::Changed),
        }
    }
}

/// The word of a host's runtime.
fn runtime(side: &Side, host: &str) -> Option<Runtime> {
    serde_json::from_value(side.value(&["hosts", host, "runtime"])?.clone()).ok()
}

/// A host with what runs on it before and after.
struct Host<'a> {
    old: &'a Side,
    new: &'a Side,
    differing: &'a Differing<'a>,
    name: &'a str,
    /// Its Compose project on both sides, where that differs.
    projects: Option<[Option<Value>; 2]>,
}

impl<'a> Host<'a> {
    fn of(old: &'a Side, new: &'a Side, differing: &'a Differing<'a>, name: &'a str) -> Self {
        let path = format!("compose/{name}/compose.yaml");
        let read = |side: &Side| {
            let text = side.text(&path)?;
            let mut sources = SourceMap::default();
            let id = sources.add("", &*text);
            value::parse(Format::Yaml, id, &text, &mut Sink::new()).map(|node| node.to_json())
        };
        let projects = differing.below(&path).next().map(|_| [read(old), read(new)]);
        Self { old, new, differing, name, projects }
    }

    /// What happens to these services of it, where anything does.
    fn fates(&self, services: &[&str]) -> Vec<(String, Fate)> {
        let before = runtime(self.old, self.name);
        let after = runtime(self.new, self.name);
        let fate = |service: &&str| {
            let fate = if before == after {
                self.fate(service, after)
            } else {
                let (why, changed) = (vec!["runtime".to_owned()], self.name.to_owned());
                Fate { effect: Effect::Restart, why, changed }
            };
            (fate.effect > Effect::None).then(|| ((*service).to_owned(), fate))
        };
        services.iter().filter_map(fate).collect()
    }

    fn fate(&self, service: &str, runtime: Option<Runtime>) -> Fate {
        let (old, new, host) = (self.old, self.new, self.name);
        let mut why = BTreeSet::new();
        let mut changed = String::new();
        let mut own = vec![format!("config/{host}/{service}/")];
        let unit = |side: &Side| unit_name(side.word(&["network", "name"]), service);
        match runtime {
            Some(Runtime::Compose) => {
                own.push(format!("compose/{host}/env/{service}.env"));
                if let Some([before, after]) = &self.projects {
                    for (key, lines) in container(before.as_ref(), after.as_ref(), service) {
                        why.insert(key);
                        changed.push_str(&lines);
                        changed.push('\n');
                    }
                }
            }
            Some(Runtime::Kubernetes) => {
                let region = new.word(&["hosts", host, "region"]);
                for folder in [format!("kubernetes/{region}"), "kubernetes".to_owned()] {
                    own.push(format!("{folder}/services/{service}.yaml"));
                    own.push(format!("{folder}/config/{service}/"));
                }
            }
            Some(Runtime::Quadlet) => {
                let folder = format!("systemd/{host}/quadlet");
                own.extend([old, new].map(|side| format!("{folder}/{}.container", unit(side))));
                let networks = networks(new, service, network_name);
                own.extend(networks.map(|name| format!("{folder}/{name}.network")));
            }
            Some(Runtime::SystemdDocker | Runtime::Native) | None => {
                own.extend([old, new].map(|side| format!("systemd/{host}/{}.service", unit(side))));
                let networks = networks(new, service, network_unit_name);
                own.extend(networks.map(|unit| format!("systemd/{host}/{unit}.service")));
            }
        }
        for path in own.iter().flat_map(|path| self.differing.below(path)) {
            changed.push_str(&lines(old, new, path));
            why.insert(path.to_owned());
        }
        if !why.is_empty() {
            return Fate { effect: Effect::Restart, why: why.into_iter().collect(), changed };
        }
        let reads = new.document.services.get(service).map(|facts| &facts.reads);
        for folder in reads.into_iter().flatten().map(|folder| format!("{folder}/")) {
            for path in self.differing.below(&folder) {
                changed.push_str(&lines(old, new, path));
                why.insert(folder.clone());
            }
        }
        let effect = if why.is_empty() { Effect::None } else { Effect::Reload };
        Fate { effect, why: why.into_iter().collect(), changed }
    }
}

/// The container networks that a service joins, as `called` on its host.
fn networks<'s>(
    side: &'s Side,
    service: &str,
    called: fn(&str, &str) -> String,
) -> impl Iterator<Item = String> + use<'s> {
    let names = side.value(&["services", service, "networks"]).and_then(Value::as_array);
    let network = side.word(&["network", "name"]);
    names.into_iter().flatten().filter_map(Value::as_str).map(move |name| called(network, name))
}

/// The lines of a file that differ.
fn lines(old: &Side, new: &Side, path: &str) -> String {
    let [old, new] = [old, new].map(|side| side.text(path).unwrap_or_default());
    changed_lines(&old, &new) + "\n"
}

/// The keys of a container that differ, and of the networks that it joins, each with what differs.
fn container(old: Option<&Value>, new: Option<&Value>, service: &str) -> Vec<(String, String)> {
    fn part<'v>(project: Option<&'v Value>, section: &str, name: &str) -> Option<&'v Value> {
        project?.get(section)?.get(name)
    }
    fn keys(value: Option<&Value>) -> impl Iterator<Item = &str> {
        value.and_then(Value::as_object).into_iter().flat_map(|map| map.keys().map(String::as_str))
    }
    let differing = |key: String, was: Option<&Value>, is: Option<&Value>| {
        let text = |value: Option<&Value>| {
            value.and_then(|value| serde_json::to_string_pretty(value).ok()).unwrap_or_default()
        };
        (was != is).then(|| (key, changed_lines(&text(was), &text(is))))
    };
    let (was, is) = (part(old, "services", service), part(new, "services", service));
    let names: BTreeSet<&str> = keys(was).chain(keys(is)).collect();
    let mut found: Vec<(String, String)> = names
        .into_iter()
        .filter_map(|key| {
            let (before, after) = (was.and_then(|was| was.get(key)), is.and_then(|is| is.get(key)));
            differing(key.to_owned(), before, after)
        })
        .collect();
    let networks: Vec<&str> = match is.and_then(|is| is.get("networks")) {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        networks => keys(networks).collect(),
    };
    found.extend(networks.into_iter().filter_map(|network| {
        let (before, after) = (part(old, "networks", network), part(new, "networks", network));
        differing(format!("networks.{network}"), before, after)
    }));
    // The name of the project is a part of every container.
    let name = |project: Option<&'_ Value>| project.and_then(|project| project.get("name")).cloned();
    found.extend(differing("name".to_owned(), name(old).as_ref(), name(new).as_ref()));
    found
}
