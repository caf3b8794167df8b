//! What stops while one thing is down, and what may be stopped on top: the arithmetic of a restart.

use std::collections::BTreeSet;

use super::cascade::Cascade;
use super::parts::{PartId, Parts};
use super::quorum::Quorum;
use crate::topology::{ServiceId, Topology};

/// What stops while some services are down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// The other services that stop with them, by name.
    pub services: Vec<ServiceId>,
    /// The voting power that is down.
    pub power: u128,
    /// How much more may be lost; below zero, how much too much is. `None` where nobody votes.
    pub margin: Option<i128>,
}

/// Asks for one outage after the other. Each costs what stops with it.
pub struct Outages<'p> {
    parts: &'p Parts,
    cascade: Cascade<'p>,
    quorum: Option<Quorum>,
}

impl<'p> Outages<'p> {
    /// Of a network and its parts.
    pub fn new(topology: &Topology, parts: &'p Parts) -> Self {
        let total = parts.total();
        let quorum = (total > 0).then(|| Quorum::new(topology.chain.consensus, total));
        Self { parts, cascade: Cascade::new(parts), quorum }
    }

    /// The arithmetic of the network; `None` where nobody votes.
    pub fn quorum(&self) -> Option<Quorum> {
        self.quorum
    }

    /// What stops while these are down.
    pub fn of(&mut self, services: impl IntoIterator<Item = ServiceId>) -> Outage {
        let before = self.cascade.now();
        let failed: Vec<PartId> = services.into_iter().map(|id| self.parts.service(id)).collect();
        self.cascade.fail(&failed);
        let failed: BTreeSet<PartId> = failed.into_iter().collect();
        let down = self.cascade.down().iter().filter(|part| !failed.contains(part));
        let mut services: Vec<ServiceId> = down.filter_map(|part| self.parts.as_service(*part)).collect();
        services.sort_unstable();
        let power = self.cascade.power();
        self.cascade.back_to(before);
        Outage { services, power, margin: self.quorum.map(|quorum| quorum.margin(power)) }
    }
}
