//! What is decided otherwise about an alert, and for whom: every service that it watches is in exactly
//! one group.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::failure::Covers;
use crate::topology::{ServiceId, Topology, Tuning};

/// Services about which the same is decided: the numbers of the tunings, and the services.
pub type Group = (Vec<usize>, BTreeSet<ServiceId>);

/// The services that an alert watches, in order.
pub fn targets(topology: &Topology, component: Option<&str>, covers: &Covers) -> BTreeSet<ServiceId> {
    let watched = |id: &str| component.map_or_else(|| covers.speaks_of(id), |own| own == id);
    let services = topology.services.iter().filter(|service| watched(&service.component.component.value));
    services
        .filter(|service| super::alerts::is_scraped(topology, service))
        .map(|service| service.id)
        .collect()
}

/// The groups of an alert's targets, those about which nothing is decided among them.
pub fn groups(tunings: &[Tuning], alert: &str, targets: &BTreeSet<ServiceId>) -> Vec<Group> {
    let named: Vec<(usize, &Tuning)> =
        tunings.iter().enumerate().filter(|(_, tuning)| tuning.names(alert)).collect();
    let mut groups: BTreeMap<Vec<usize>, BTreeSet<ServiceId>> = BTreeMap::new();
    for target in targets {
        let mine = named.iter().filter(|(_, tuning)| tuning.is_for(alert, *target)).map(|(at, _)| *at);
        groups.entry(mine.collect()).or_default().insert(*target);
    }
    groups.into_iter().collect()
}
