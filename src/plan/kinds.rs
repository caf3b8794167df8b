//! Services that are alike: what templates see of them is the same in most, so it is made, and texts are
//! rendered, once for all of them.

use std::sync::{Arc, OnceLock};

use crate::hashed::HashMap;
use crate::template::{Kept, Made};
use crate::topology::{Service, Topology};

/// The names of the scope under which services of a kind have the same; [`super::scope`] makes their values, and
/// [`Kinds::of`] compares all that these are made from.
pub(super) const SAME: &[&str] = &[
    "network",
    "chain",
    "settings",
    "volume",
    "artifact",
    "file",
    "host_path",
    "textfiles",
    "resources",
    "monitoring",
    "genesis",
];

/// The kinds of services of a network.
pub(super) struct Kinds<'a> {
    topology: &'a Topology,
    /// By the place of their settings: the resolver has those of like services in one.
    all: HashMap<usize, Kind<'a>>,
}

/// Services in containers that are alike.
pub(super) struct Kind<'a> {
    first: &'a Service,
    several: bool,
    /// The part of their scopes that is the same.
    pub(super) parts: OnceLock<Made>,
    /// What their texts gave.
    pub(super) kept: Kept,
}

impl<'a> Kinds<'a> {
    pub(super) fn new(topology: &'a Topology) -> Self {
        let mut all: HashMap<usize, Kind<'a>> = HashMap::default();
        for service in &topology.services {
            let kind =
                || Kind { first: service, several: false, parts: OnceLock::new(), kept: Kept::new(SAME) };
            all.entry(place(service)).and_modify(|kind| kind.several = true).or_insert_with(kind);
        }
        Self { topology, all }
    }

    /// The kind of a service; `None` where no other one is of it.
    pub(super) fn of(&self, service: &Service) -> Option<&Kind<'a>> {
        let kind = self.all.get(&place(service)).filter(|kind| kind.several)?;
        let contained = |s: &Service| self.topology.hosts[s.host].runtime.is_container();
        let first = kind.first;
        let alike = contained(service)
            && contained(first)
            && Arc::ptr_eq(&service.component, &first.component)
            && (service.memory, service.cpus) == (first.memory, first.cpus)
            && of(&service.secrets, |s| (&s.setting, &s.path))
                .eq(of(&first.secrets, |s| (&s.setting, &s.path)))
            && of(&service.volumes, |v| (&v.name, &v.path)).eq(of(&first.volumes, |v| (&v.name, &v.path)));
        alike.then_some(kind)
    }
}

fn place(service: &Service) -> usize {
    Arc::as_ptr(&service.settings).addr()
}

/// The names of things, each with a path.
fn of<'s, T>(
    all: &'s [T],
    named: impl Fn(&'s T) -> (&'s String, &'s String),
) -> impl Iterator<Item = (&'s String, &'s String)> {
    all.iter().map(named)
}
