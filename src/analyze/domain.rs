//! Failure domains: what fails as a whole.

use std::collections::BTreeMap;

use super::parts::{PartId, Parts};
use crate::catalog::component::{Kind, Run};
pub use crate::manifest::DomainKind;
use crate::topology::{Host, Service, Table, Topology, ids};

ids! {
    /// A failure domain.
    DomainId;
}

/// A set of services and nodes that fail together.
#[derive(Clone, Debug)]
pub struct Domain {
    /// What kind of thing fails.
    pub kind: DomainKind,
    /// Its name: of the host, the region, the service, ...; a rack has its region before a slash.
    pub name: String,
    /// What fails with it, sorted.
    pub members: Vec<PartId>,
}

/// Every failure domain of a network, by kind, then name.
pub fn domains(topology: &Topology, parts: &Parts) -> Table<DomainId, Domain> {
    DomainKind::ALL.into_iter().flat_map(|kind| of_kind(topology, parts, kind)).collect()
}

/// The failure domains of one kind, by name.
pub fn of_kind(topology: &Topology, parts: &Parts, kind: DomainKind) -> Vec<Domain> {
    let mut named: BTreeMap<String, Vec<PartId>> = BTreeMap::new();
    let mut add = |name: String, part: PartId| named.entry(name).or_default().push(part);
    for service in topology.services.iter().filter(|service| service.component.run == Run::Service) {
        if let Some(name) = of_service(topology, service, kind) {
            add(name, parts.service(service.id));
        }
    }
    for node in &topology.nodes {
        let name = match kind {
            DomainKind::Node => Some(node.name.clone()),
            _ => place(topology, &topology.hosts[node.host], kind),
        };
        if let Some(name) = name {
            add(name, parts.node(node.id));
        }
    }
    named.into_iter().map(|(name, members)| Domain { kind, name, members }).collect()
}

/// The domain of a kind that a service belongs to.
fn of_service(topology: &Topology, service: &Service, kind: DomainKind) -> Option<String> {
    let component = &service.component;
    let only = |wanted: Kind| (component.kind == wanted).then(|| service.name.clone());
    match kind {
        DomainKind::Service => Some(service.name.clone()),
        DomainKind::Node => service.node.map(|node| topology.nodes[node].name.clone()),
        DomainKind::Client => is_client(component.kind).then(|| component.component.value.clone()),
        DomainKind::Image => Some(service.image.to_string()).filter(|_| !service.image.name.is_empty()),
        DomainKind::Signer => only(Kind::Signer),
        DomainKind::Database => only(Kind::Database),
        _ => place(topology, &topology.hosts[service.host], kind),
    }
}

/// The domain of a kind that a host belongs to.
fn place(topology: &Topology, host: &Host, kind: DomainKind) -> Option<String> {
    match kind {
        DomainKind::Host => Some(host.name.clone()),
        DomainKind::Region => host.region.map(|region| topology.regions[region].name.clone()),
        DomainKind::Provider => host.provider.clone(),
        DomainKind::Operator => host.operator.clone(),
        DomainKind::Rack => host.rack.as_ref().map(|rack| match host.region {
            Some(region) => format!("{}/{rack}", topology.regions[region].name),
            None => rack.clone(),
        }),
        _ => None,
    }
}

/// Programs that implement the chain: a mistake in one shows in all its instances at once.
pub fn is_client(kind: Kind) -> bool {
    matches!(kind, Kind::ExecutionClient | Kind::ConsensusClient | Kind::ValidatorClient | Kind::ChainNode)
}
