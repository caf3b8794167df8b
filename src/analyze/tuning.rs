//! What is decided otherwise about an alert, and for whom: every service that it watches is in exactly
//! one group.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::failure::Covers;
use crate::topology::{ServiceId, Topology, Tuning};

/// Services about which the same is decided: the numbers of the tunings, and the services.
pub type Group = (Vec<usize>, BTreeSet<ServiceId>);

/// The services whose metrics somebody reads, by component.
#[derive(Debug)]
pub struct Scraped<'a>(BTreeMap<&'a str, BTreeSet<ServiceId>>);

impl<'a> Scraped<'a> {
    /// Those of a network.
    pub fn of(topology: &'a Topology) -> Self {
        let mut scraped: BTreeMap<&str, BTreeSet<ServiceId>> = BTreeMap::new();
        for service in topology.services.iter().filter(|s| super::alerts::is_scraped(topology, s)) {
            scraped.entry(&service.component.component.value).or_default().insert(service.id);
        }
        Self(scraped)
    }

    /// The services that an alert watches, in order.
    pub fn targets(&self, component: Option<&str>, covers: &Covers) -> BTreeSet<ServiceId> {
        match component {
            Some(own) => self.0.get(own).cloned().unwrap_or_default(),
            None => self
                .0
                .iter()
                .filter(|(id, _)| covers.speaks_of(id))
                .flat_map(|(_, all)| all)
                .copied()
                .collect(),
        }
    }
}

/// The groups of an alert's targets, those about which nothing is decided among them.
pub fn groups(tunings: &[Tuning], alert: &str, targets: &BTreeSet<ServiceId>) -> Vec<Group> {
    let named: Vec<(usize, &Tuning)> =
        tunings.iter().enumerate().filter(|(_, tuning)| tuning.names(alert)).collect();
    if named.is_empty() && !targets.is_empty() {
        return vec![(Vec::new(), targets.clone())];
    }
    let mut groups: BTreeMap<Vec<usize>, BTreeSet<ServiceId>> = BTreeMap::new();
    for target in targets {
        let mine = named.iter().filter(|(_, tuning)| tuning.is_for(alert, *target)).map(|(at, _)| *at);
        groups.entry(mine.collect()).or_default().insert(*target);
    }
    groups.into_iter().collect()
}
