//! What can stop, and what stops with it: services, nodes and clusters, and the hard needs between them.
//!
//! A node is a part of its own that needs its voting services, and a cluster is one that needs so many
//! of its nodes. So one rule says what stops: a part is down when it failed, or when of one of its needs
//! too few providers are left.

use std::collections::BTreeMap;

use crate::catalog::component::{Kind, Run};
use crate::text::Span;
use crate::topology::{Choice, ClusterId, Id, NodeId, Service, ServiceId, Table, Topology, ids};

ids! {
    /// A service, a node or a cluster.
    PartId;
    /// A hard need of a part.
    NeedId;
}

/// What a part cannot do without.
#[derive(Clone, Debug)]
pub struct Need {
    /// Who needs.
    pub consumer: PartId,
    /// What; `None` where a node needs its voting service, or a cluster its nodes.
    pub interface: Option<String>,
    /// Who provides, each once, sorted.
    pub providers: Vec<PartId>,
    /// How many of them may stop: all but one of a fallback list, those that a cluster can spare.
    pub spare: usize,
}

/// All parts of a network with their needs.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// Every hard need.
    pub needs: Table<NeedId, Need>,
    /// The needs that a part is a provider of.
    pub users: Table<PartId, Vec<NeedId>>,
    /// The voting power that stops with a part; services have none of their own.
    pub power: Table<PartId, u64>,
    services: usize,
    nodes: usize,
}

impl Parts {
    /// Parts of these powers: first so many services, then so many nodes, then clusters.
    pub fn new(power: Vec<u64>, [services, nodes]: [usize; 2], needs: Vec<Need>) -> Self {
        let mut users: Table<PartId, Vec<NeedId>> = power.iter().map(|_| Vec::new()).collect();
        for (index, need) in needs.iter().enumerate() {
            for provider in &need.providers {
                users[*provider].push(NeedId::from_index(index));
            }
        }
        Self {
            needs: needs.into_iter().collect(),
            users,
            power: power.into_iter().collect(),
            services,
            nodes,
        }
    }

    /// The parts of a resolved network.
    pub fn of(topology: &Topology) -> Self {
        Self::with(topology, hard_needs(topology))
    }

    /// The same, as if the services with which nodes vote could do without all others.
    pub fn of_voters(topology: &Topology) -> Self {
        Self::with(topology, Vec::new())
    }

    fn with(topology: &Topology, mut needs: Vec<Need>) -> Self {
        let services = topology.services.len();
        for node in &topology.nodes {
            let consumer = PartId::from_index(services + node.id.index());
            for service in voting_services(topology, node.id) {
                let providers = vec![PartId::from_index(service.index())];
                needs.push(Need { consumer, interface: None, providers, spare: 0 });
            }
        }
        let nodes = topology.nodes.len();
        for cluster in &topology.clusters {
            let consumer = PartId::from_index(services + nodes + cluster.id.index());
            // They are sorted, and so are their parts.
            let providers = cluster.nodes.iter().map(|node| PartId::from_index(services + node.index()));
            let spare = cluster.spare();
            needs.push(Need { consumer, interface: None, providers: providers.collect(), spare });
        }
        let mut power = vec![0; services];
        power.extend(topology.nodes.iter().map(|node| node.voting_power));
        power.extend(topology.clusters.iter().map(|cluster| cluster.voting_power));
        Self::new(power, [services, nodes], needs)
    }

    /// The part of a service.
    pub fn service(&self, id: ServiceId) -> PartId {
        PartId::from_index(id.index())
    }

    /// The part of a node.
    pub fn node(&self, id: NodeId) -> PartId {
        PartId::from_index(self.services + id.index())
    }

    /// The part of a cluster.
    pub fn cluster(&self, id: ClusterId) -> PartId {
        PartId::from_index(self.services + self.nodes + id.index())
    }

    /// The node of a part, if it is one.
    pub fn as_node(&self, part: PartId) -> Option<NodeId> {
        let index = part.index().checked_sub(self.services)?;
        (index < self.nodes).then(|| NodeId::from_index(index))
    }

    /// The cluster of a part, if it is one.
    pub fn as_cluster(&self, part: PartId) -> Option<ClusterId> {
        part.index().checked_sub(self.services + self.nodes).map(ClusterId::from_index)
    }

    /// The service of a part, if it is one.
    pub fn as_service(&self, part: PartId) -> Option<ServiceId> {
        (part.index() < self.services).then(|| ServiceId::from_index(part.index()))
    }

    /// All voting power.
    pub fn total(&self) -> u128 {
        self.power.iter().map(|power| u128::from(*power)).sum()
    }

    /// The name of a part.
    pub fn name<'t>(&self, topology: &'t Topology, part: PartId) -> &'t str {
        match (self.as_service(part), self.as_node(part), self.as_cluster(part)) {
            (Some(service), ..) => &topology.services[service].name,
            (_, Some(node), _) => &topology.nodes[node].name,
            (.., Some(cluster)) => &topology.clusters[cluster].name,
            (None, None, None) => "",
        }
    }

    /// Where a part is defined.
    pub fn origin(&self, topology: &Topology, part: PartId) -> Span {
        match (self.as_service(part), self.as_node(part), self.as_cluster(part)) {
            (Some(service), ..) => topology.services[service].origin,
            (_, Some(node), _) => topology.nodes[node].origin,
            (.., Some(cluster)) => topology.clusters[cluster].origin,
            (None, None, None) => Span::nowhere(),
        }
    }

    /// The same parts without fallbacks: a need fails with the first of its providers. What stops here
    /// is never less than what really stops, and the loss of two sets is the union of their losses.
    #[must_use]
    pub fn without_fallbacks(&self) -> Self {
        let mut strict = self.clone();
        for need in strict.needs.iter_mut() {
            need.spare = 0;
        }
        strict
    }

    /// Whether any need has a fallback.
    pub fn has_fallbacks(&self) -> bool {
        self.needs.iter().any(|need| need.spare > 0)
    }
}

/// Bound needs that are hard. A job has done its work before its consumer starts, so nothing stops with it.
fn hard_needs(topology: &Topology) -> Vec<Need> {
    let mut groups: BTreeMap<(ServiceId, &str), Vec<PartId>> = BTreeMap::new();
    for binding in &topology.bindings {
        let consumer = &topology.services[binding.consumer];
        let soft = binding.choice == Choice::Asked
            || consumer.component.needs.get(&binding.interface).is_some_and(|need| need.soft);
        let job = |id: ServiceId| topology.services[id].component.run == Run::Job;
        if !soft && !job(binding.provider) && !job(binding.consumer) {
            let provider = PartId::from_index(binding.provider.index());
            groups.entry((binding.consumer, &binding.interface)).or_default().push(provider);
        }
    }
    groups
        .into_iter()
        .map(|((consumer, interface), mut providers)| {
            providers.sort_unstable();
            providers.dedup();
            let spare = providers.len().saturating_sub(1);
            let consumer = PartId::from_index(consumer.index());
            Need { consumer, interface: Some(interface.to_owned()), providers, spare }
        })
        .collect()
}

/// The kinds of service that cast a vote, the one that signs it first.
const VOTING: [Kind; 4] =
    [Kind::ValidatorClient, Kind::ChainNode, Kind::ConsensusClient, Kind::ExecutionClient];

/// The services that a node votes with: all of the first kind that it has. What they need in turn
/// (a beacon node, a signer, its database) follows from the needs. A node without any chain client
/// votes with all that it has.
pub fn voting_services(topology: &Topology, node: NodeId) -> Vec<ServiceId> {
    let services = || topology.nodes[node].services.iter().map(|id| &topology.services[*id]);
    let running = |service: &&Service| service.component.run == Run::Service;
    for kind in VOTING {
        let of_kind: Vec<ServiceId> =
            services().filter(|service| service.component.kind == kind).map(|service| service.id).collect();
        if !of_kind.is_empty() {
            return of_kind;
        }
    }
    services().filter(running).map(|service| service.id).collect()
}
