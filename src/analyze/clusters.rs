//! Clusters that one failure stops.

use std::collections::BTreeMap;

use super::cascade::Cascade;
use super::domain::{DomainKind, of_kind};
use super::parts::Parts;
use crate::topology::{ClusterId, NodeId, ServiceId, Topology};

/// A cluster that a failure domain stops alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// The name of the domain.
    pub domain: String,
    /// Its nodes that stop, by name.
    pub nodes: Vec<NodeId>,
    /// A need by which the failure reached one of them from outside: (a service that cannot go on, what it
    /// needs, the provider that failed).
    pub through: Option<(ServiceId, String, ServiceId)>,
}

/// For each cluster that a domain of a kind stops alone: the one that stops most of its nodes, of equals
/// the first by name.
pub fn stopped_by(topology: &Topology, parts: &Parts, kind: DomainKind) -> BTreeMap<ClusterId, Stopped> {
    let mut cascade = Cascade::new(parts);
    let up = cascade.now();
    let mut worst: BTreeMap<ClusterId, Stopped> = BTreeMap::new();
    for domain in of_kind(topology, parts, kind) {
        cascade.fail(&domain.members);
        for id in cascade.down().iter().filter_map(|part| parts.as_cluster(*part)) {
            let cluster = &topology.clusters[id];
            let down = |node: &NodeId| cascade.is_down(parts.node(*node));
            let nodes: Vec<NodeId> = cluster.nodes.iter().copied().filter(down).collect();
            if worst.get(&id).is_none_or(|found| found.nodes.len() < nodes.len()) {
                let through = nodes.iter().find_map(|node| through(&cascade, parts, *node));
                worst.insert(id, Stopped { domain: domain.name.clone(), nodes, through });
            }
        }
        cascade.back_to(up);
    }
    worst
}

fn through(cascade: &Cascade<'_>, parts: &Parts, node: NodeId) -> Option<(ServiceId, String, ServiceId)> {
    let (provider, need) = cascade.why(parts.node(node)).pop()?;
    let need = &parts.needs[need];
    Some((parts.as_service(need.consumer)?, need.interface.clone()?, parts.as_service(provider)?))
}
