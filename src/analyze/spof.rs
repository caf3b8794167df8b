//! Single points of failure: services and links whose loss alone cuts voting power of other nodes, or a
//! public entry, from the majority; each with what would cure it.
//!
//! Two proofs count. *Needs*: what stops with a service, by the cascade. *Reach*: the articulation
//! points and bridges of the graph over which the messages of the chain pass: bindings between chain
//! clients and proxies, and peer-to-peer links. What a node loses by a failure of its own services is
//! no single point of the network: the node itself is lost then, and that is in the survivability. A
//! cluster belongs to no one of its nodes, so whatever stops it alone is a single point.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::cascade::Cascade;
use super::domain::is_client;
use super::parts::{NeedId, PartId, Parts};
use super::quorum::Quorum;
use super::reach::{Reach, VertexId};
use crate::catalog::chain::Consensus;
use crate::catalog::component::{Kind, Run};
use crate::manifest::Exposure;
use crate::topology::{ClusterId, Listener, NodeId, Service, ServiceId, Table, Topology};

/// How many nodes and entries are named at a point.
const NAMED: usize = 8;

/// The single points of failure of a network.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct SinglePoints {
    /// Services, the one that cuts most first.
    pub services: Vec<SinglePoint>,
    /// Links between hosts, the one that cuts most first.
    pub links: Vec<SinglePoint>,
    /// Services that are open to everyone by a URL.
    pub entries: Vec<String>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct SinglePoint {
    /// The service; of a link the one that is needed.
    pub service: String,
    /// The host of the service.
    pub host: String,
    /// Of a link: who needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Of a link: the interface that is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// The voting power that is cut off.
    pub power: u128,
    /// How many voting nodes are cut off.
    pub nodes: usize,
    /// The first of them, at most eight.
    pub first_nodes: Vec<String>,
    /// Clusters that are cut off from more of their nodes than they can spare.
    pub clusters: Vec<String>,
    /// Public entries that are cut off, at most eight.
    pub entries: Vec<String>,
    /// Whether the network goes on without that power.
    pub holds: bool,
    /// What shows it.
    pub by: Vec<Proof>,
    /// What would cure it.
    pub cure: String,
}

/// What shows that something is a single point of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// Services that need it stop.
    Needs,
    /// No other way leads to the majority.
    Reach,
    /// It is the only public entry to an interface.
    OnlyEntry,
}

/// What is cut off.
#[derive(Clone, Default)]
struct Off {
    /// Nodes with voting power of their own.
    nodes: BTreeSet<NodeId>,
    /// Nodes of clusters.
    members: BTreeSet<NodeId>,
    clusters: BTreeSet<ClusterId>,
    entries: BTreeSet<ServiceId>,
    by: BTreeSet<Proof>,
    /// The first need that falls, for the cure.
    need: Option<NeedId>,
}

/// Finds them.
pub fn single_points(topology: &Topology, parts: &Parts) -> SinglePoints {
    let entries: Vec<ServiceId> = topology.services.iter().filter(|s| is_entry(s)).map(|s| s.id).collect();
    let mut providers: BTreeMap<&str, Vec<ServiceId>> = BTreeMap::new();
    for service in topology.services.iter().filter(|service| service.component.run == Run::Service) {
        for listener in &service.listeners {
            providers.entry(&listener.interface).or_default().push(service.id);
        }
    }
    let quorum = Quorum::new(topology.chain.consensus, parts.total());
    let finder = Finder { topology, parts, quorum, entries, providers };
    let mut cascade = Cascade::new(parts);
    let mut services: BTreeMap<ServiceId, Off> = BTreeMap::new();
    let mut links: BTreeMap<(ServiceId, ServiceId, &str), Off> = BTreeMap::new();
    finder.by_needs(&mut cascade, &mut services, &mut links);
    finder.by_reach(&mut cascade, &mut services, &mut links);
    finder.only_entries(&mut services);
    let services = services.into_iter().filter_map(|(id, off)| finder.point(&mut cascade, id, off)).collect();
    let links = links.into_iter().filter_map(|(link, off)| finder.link(&mut cascade, link, off)).collect();
    let name = |id: &ServiceId| topology.services[*id].name.clone();
    let entries = finder.entries.iter().map(name).collect();
    SinglePoints { services: sorted(services), links: sorted(links), entries }
}

fn sorted(mut points: Vec<SinglePoint>) -> Vec<SinglePoint> {
    points.sort_by(|a, b| {
        (Reverse(a.power), Reverse(a.entries.len()), &a.service, &a.from, &a.interface).cmp(&(
            Reverse(b.power),
            Reverse(b.entries.len()),
            &b.service,
            &b.from,
            &b.interface,
        ))
    });
    points
}

/// A listener that everyone may use by a URL. Peer-to-peer ports are open to everyone, too, but have none.
fn is_entry_listener(listener: &&Listener) -> bool {
    listener.exposure == Exposure::Public && listener.protocol.is_some()
}

fn is_entry(service: &Service) -> bool {
    service.listeners.iter().any(|listener| is_entry_listener(&listener))
}

/// Whether a service speaks with others of its kind.
fn is_peer(service: &Service, exposed: &[Exposure]) -> bool {
    let peer = |listener: &Listener| exposed.contains(&listener.exposure) && listener.protocol.is_none();
    is_client(service.component.kind) && service.listeners.iter().any(|l| l.port.is_some() && peer(l))
}

struct Finder<'a> {
    topology: &'a Topology,
    parts: &'a Parts,
    quorum: Quorum,
    entries: Vec<ServiceId>,
    /// Who offers each interface.
    providers: BTreeMap<&'a str, Vec<ServiceId>>,
}

impl Off {
    fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.clusters.is_empty() && self.entries.is_empty()
    }

    /// Both, without what shows the other.
    fn extend(&mut self, other: Self) {
        self.nodes.extend(other.nodes);
        self.members.extend(other.members);
        self.clusters.extend(other.clusters);
        self.entries.extend(other.entries);
    }
}

impl<'a> Finder<'a> {
    /// Services that others cannot do without, and links between hosts that are the only ones.
    fn by_needs(
        &self,
        cascade: &mut Cascade<'_>,
        services: &mut BTreeMap<ServiceId, Off>,
        links: &mut BTreeMap<(ServiceId, ServiceId, &'a str), Off>,
    ) {
        let up = cascade.now();
        let only: Table<PartId, Vec<NeedId>> = {
            let mut only: Table<PartId, Vec<NeedId>> = self.parts.power.iter().map(|_| Vec::new()).collect();
            for (id, need) in self.parts.needs.ids().zip(&self.parts.needs) {
                if need.interface.is_some() && need.providers.len() == 1 {
                    only[need.consumer].push(id);
                }
            }
            only
        };
        for service in &self.topology.services {
            let part = self.parts.service(service.id);
            cascade.fail(&[part]);
            let stopped = self.stopped(cascade);
            cascade.back_to(up);
            if stopped.is_empty() && stopped.members.is_empty() && !self.entries.contains(&service.id) {
                continue;
            }
            // A link that its consumer has no other for stops the consumer.
            for id in &only[part] {
                let need = &self.parts.needs[*id];
                let provider = need.providers.first().and_then(|part| self.parts.as_service(*part));
                let (Some(provider), Some(interface)) = (provider, &need.interface) else { continue };
                if self.topology.services[provider].host != service.host {
                    let off = links.entry((service.id, provider, interface)).or_default();
                    off.extend(stopped.clone());
                    off.entries.extend(self.entries.iter().filter(|entry| **entry == service.id));
                    off.by.insert(Proof::Needs);
                    off.need = Some(*id);
                }
            }
            let off = self.foreign(service, stopped);
            if !off.is_empty() {
                services.insert(service.id, off);
            }
        }
    }

    /// What is down, of what counts.
    fn stopped(&self, cascade: &Cascade<'_>) -> Off {
        let mut off = Off { by: BTreeSet::from([Proof::Needs]), ..Off::default() };
        for part in cascade.down() {
            let service = self.parts.as_service(*part);
            off.entries.extend(service.filter(|id| self.entries.binary_search(id).is_ok()));
            self.add_node(&mut off, *part);
            off.clusters.extend(self.parts.as_cluster(*part));
            // The first that fell by a need names the need to give a second provider to.
            if off.need.is_none() {
                let way = cascade.why(*part);
                off.need =
                    way.first().map(|(_, need)| *need).filter(|n| self.parts.needs[*n].interface.is_some());
            }
        }
        off
    }

    /// Adds the node of a part, if it is one that counts.
    fn add_node(&self, off: &mut Off, part: PartId) {
        let Some(node) = self.parts.as_node(part) else { return };
        if self.parts.power[part] > 0 {
            off.nodes.insert(node);
        }
        // Only clusters need nodes.
        if !self.parts.users[part].is_empty() {
            off.members.insert(node);
        }
    }

    /// Less the service itself and its own node.
    fn foreign(&self, service: &Service, mut off: Off) -> Off {
        off.nodes.retain(|node| Some(*node) != service.node);
        off.entries.retain(|entry| {
            *entry != service.id
                && (service.node.is_none() || self.topology.services[*entry].node != service.node)
        });
        off
    }

    /// The weight of each part in the graph: a cluster, which sends and receives by its nodes alone, is
    /// spread over them.
    fn weights(&self) -> Table<PartId, u128> {
        // Fine enough that what division leaves over weighs less than one unit of voting power.
        const UNIT: u128 = 1 << 32;
        let parts = self.parts;
        let mut weights: Table<PartId, u128> =
            parts.power.iter().map(|power| u128::from(*power) * UNIT).collect();
        for cluster in &self.topology.clusters {
            let whole = std::mem::take(&mut weights[parts.cluster(cluster.id)]);
            for node in &cluster.nodes {
                weights[parts.node(*node)] += whole / cluster.nodes.len() as u128;
            }
        }
        weights
    }

    /// The graph over which the messages of the chain pass.
    fn graph(&self) -> (Reach, Vec<Option<PartId>>) {
        let topology = self.topology;
        let mut graph = Reach::default();
        let weights = self.weights();
        let vertices: Vec<VertexId> = weights.iter().map(|weight| graph.vertex(*weight)).collect();
        let mut of: Vec<Option<PartId>> = self.parts.power.ids().map(Some).collect();
        let vertex = |part: PartId| vertices.get(crate::topology::Id::index(part)).copied();
        // The nodes of a cluster pass no messages of the chain to each other.
        let needs = self.parts.needs.iter().filter(|need| self.parts.as_cluster(need.consumer).is_none());
        for need in needs {
            for provider in &need.providers {
                let carries = self.parts.as_service(*provider).is_some_and(|id| {
                    let kind = topology.services[id].component.kind;
                    need.interface.is_none() || is_client(kind) || kind == Kind::Proxy
                });
                if let (true, Some(a), Some(b)) = (carries, vertex(need.consumer), vertex(*provider)) {
                    graph.edge(a, b);
                }
            }
        }
        // The nodes of this network find each other; the world is reached by public ports alone. Where
        // the stake of the network is a part of the chain's, the majority is out there.
        // Where `peering` says who they are, they are that.
        let mesh = graph.vertex(0);
        let own = matches!(topology.chain.consensus, Consensus::Bft | Consensus::Majority);
        let world = graph.vertex(if own { 0 } else { weights.iter().sum::<u128>() + 1 });
        of.extend([None, None]);
        for service in topology.services.iter().filter(|service| self.carries_votes(service)) {
            let Some(at) = vertex(self.parts.service(service.id)) else { continue };
            let peering = topology.peering.as_ref().filter(|_| service.component.peering.is_some());
            for peer in peering.into_iter().flat_map(|peering| peering.peers_of(service.id)) {
                if let Some(other) = vertex(self.parts.service(peer.service)) {
                    graph.edge(at, other);
                }
            }
            if peering.is_some_and(|peering| peering.is_closed(service)) {
                continue;
            }
            if is_peer(service, &[Exposure::Public]) {
                graph.edge(at, mesh);
                graph.edge(at, world);
            } else if peering.is_none() && is_peer(service, &[Exposure::Peers]) {
                graph.edge(at, mesh);
            }
        }
        (graph, of)
    }

    /// Whether the peers of a service are those that votes pass to: an execution client that a consensus
    /// client drives has peers of its own, to whom votes mean nothing.
    fn carries_votes(&self, service: &Service) -> bool {
        let driven = self
            .topology
            .consumers(service.id)
            .any(|(_, consumer)| self.topology.services[consumer].component.kind == Kind::ConsensusClient);
        match service.component.kind {
            Kind::ConsensusClient | Kind::ChainNode => true,
            Kind::ExecutionClient => !driven,
            _ => false,
        }
    }

    /// Articulation points and bridges.
    fn by_reach(
        &self,
        cascade: &mut Cascade<'_>,
        services: &mut BTreeMap<ServiceId, Off>,
        links: &mut BTreeMap<(ServiceId, ServiceId, &'a str), Off>,
    ) {
        let (graph, of) = self.graph();
        let cuts = graph.cuts();
        let part = |vertex: VertexId| of.get(crate::topology::Id::index(vertex)).copied().flatten();
        let service = |vertex: VertexId| part(vertex).and_then(|part| self.parts.as_service(part));
        let cut_off = |cut| {
            let mut off = Off::default();
            cuts.off(cut).filter_map(part).for_each(|part| self.add_node(&mut off, part));
            off
        };
        for (vertex, cut) in &cuts.points {
            let Some(id) = service(*vertex) else { continue };
            let mut found = self.foreign(&self.topology.services[id], cut_off(cut));
            found.clusters = self.clusters_without(cascade, &found.members);
            if !found.is_empty() {
                let off = services.entry(id).or_default();
                off.extend(found);
                off.by.insert(Proof::Reach);
            }
        }
        for ((a, b), cut) in &cuts.bridges {
            let (Some(a), Some(b)) = (service(*a), service(*b)) else { continue };
            if self.topology.services[a].host == self.topology.services[b].host {
                continue;
            }
            let between = |from: ServiceId, to: ServiceId| {
                let bound = self.topology.bindings_of(from).iter().find(|binding| binding.provider == to);
                bound.map(|binding| (from, to, binding.interface.as_str()))
            };
            let peers = || {
                let link = self.topology.services[b].component.peering.as_ref()?;
                let peering = self.topology.peering.as_ref()?;
                let named = peering.peers_of(a).iter().any(|peer| peer.service == b);
                named.then_some((a, b, link.interface.as_str()))
            };
            if let Some(link) = between(a, b).or_else(|| between(b, a)).or_else(peers) {
                let off = links.entry(link).or_default();
                off.extend(cut_off(cut));
                off.clusters.extend(self.clusters_without(cascade, &off.members));
                off.by.insert(Proof::Reach);
            }
        }
    }

    /// The clusters that stop without some nodes.
    fn clusters_without(&self, cascade: &mut Cascade<'_>, nodes: &BTreeSet<NodeId>) -> BTreeSet<ClusterId> {
        let up = cascade.now();
        let failed: Vec<PartId> = nodes.iter().map(|node| self.parts.node(*node)).collect();
        cascade.fail(&failed);
        let stopped = cascade.down().iter().filter_map(|part| self.parts.as_cluster(*part)).collect();
        cascade.back_to(up);
        stopped
    }

    /// Interfaces that one service alone offers to everyone.
    fn only_entries(&self, services: &mut BTreeMap<ServiceId, Off>) {
        let mut offered: BTreeMap<&str, BTreeSet<ServiceId>> = BTreeMap::new();
        for id in &self.entries {
            for listener in self.topology.services[*id].listeners.iter().filter(is_entry_listener) {
                offered.entry(&listener.interface).or_default().insert(*id);
            }
        }
        for by in offered.values().filter(|by| by.len() == 1) {
            for id in by {
                let off = services.entry(*id).or_default();
                off.entries.insert(*id);
                off.by.insert(Proof::OnlyEntry);
            }
        }
    }

    fn point(&self, cascade: &mut Cascade<'_>, id: ServiceId, off: Off) -> Option<SinglePoint> {
        let service = &self.topology.services[id];
        let cure = match off.need {
            Some(need) => self.second_provider(cascade, need, id),
            None if off.by.contains(&Proof::OnlyEntry) => {
                format!("offer the public interfaces of `{}` on a second host", service.name)
            }
            // Its own node is lost with it, which the cluster cannot spare.
            None if !off.clusters.is_empty()
                && off.nodes.is_empty()
                && off.members.iter().all(|node| Some(*node) == service.node) =>
            {
                let names: Vec<String> =
                    off.clusters.iter().map(|id| format!("`{}`", self.topology.clusters[*id].name)).collect();
                format!("give cluster {} nodes to spare: more nodes, or a lower threshold", names.join(", "))
            }
            None => format!("give what is behind `{}` a second way: another peer or provider", service.name),
        };
        self.named(service, None, None, off, cure)
    }

    fn link(
        &self,
        cascade: &mut Cascade<'_>,
        (from, to, interface): (ServiceId, ServiceId, &str),
        off: Off,
    ) -> Option<SinglePoint> {
        let cure = match off.need {
            Some(need) => self.second_provider(cascade, need, to),
            None if self
                .topology
                .peering
                .as_ref()
                .is_some_and(|peering| peering.peers_of(from).iter().any(|peer| peer.service == to)) =>
            {
                format!(
                    "give `{}` or what is behind it a peer besides `{}`",
                    self.topology.services[from].name, self.topology.services[to].name
                )
            }
            None => {
                format!("bind `{}` to a second provider of `{interface}`", self.topology.services[from].name)
            }
        };
        let from = self.topology.services[from].name.clone();
        self.named(&self.topology.services[to], Some(from), Some(interface.to_owned()), off, cure)
    }

    fn named(
        &self,
        service: &Service,
        from: Option<String>,
        interface: Option<String>,
        off: Off,
        cure: String,
    ) -> Option<SinglePoint> {
        let nodes = || off.nodes.iter().map(|id| &self.topology.nodes[*id]);
        let clusters = || off.clusters.iter().map(|id| &self.topology.clusters[*id]);
        let powers = nodes().map(|node| node.voting_power);
        let power: u128 = powers.chain(clusters().map(|cluster| cluster.voting_power)).map(u128::from).sum();
        (power > 0 || !off.entries.is_empty()).then(|| SinglePoint {
            service: service.name.clone(),
            host: self.topology.hosts[service.host].name.clone(),
            from,
            interface,
            power,
            nodes: off.nodes.len(),
            first_nodes: nodes().take(NAMED).map(|node| node.name.clone()).collect(),
            clusters: clusters().map(|cluster| cluster.name.clone()).collect(),
            entries: off
                .entries
                .iter()
                .take(NAMED)
                .map(|id| self.topology.services[*id].name.clone())
                .collect(),
            holds: self.quorum.holds(power),
            by: off.by.into_iter().collect(),
            cure,
        })
    }

    /// What gives a need a second provider beside `failing`: one that stays up when that one fails, if
    /// there is one on another host.
    fn second_provider(&self, cascade: &mut Cascade<'_>, need: NeedId, failing: ServiceId) -> String {
        let need = &self.parts.needs[need];
        let interface = need.interface.as_deref().unwrap_or_default();
        let consumer = self.parts.as_service(need.consumer).map(|id| &self.topology.services[id]);
        let Some(consumer) = consumer else { return format!("run a second `{interface}`") };
        let name = spoken(self.topology, consumer, None);
        let first = spoken(self.topology, &self.topology.services[failing], Some(consumer));
        if !consumer.component.needs.get(interface).is_some_and(|need| need.many) {
            return format!(
                "`{name}` takes one provider of `{interface}`: run a second one on another host, and let a \
                 part of those that need it use that one"
            );
        }
        let up = cascade.now();
        cascade.fail(&[self.parts.service(failing)]);
        let offered = self.providers.get(interface).into_iter().flatten();
        let spare = offered.map(|id| &self.topology.services[*id]).find(|service| {
            service.host != self.topology.services[failing].host
                && !cascade.is_down(self.parts.service(service.id))
        });
        cascade.back_to(up);
        match spare {
            Some(spare) => {
                let second = spoken(self.topology, spare, Some(consumer));
                format!("name a second provider in `{name}`: `needs: {{ {interface}: [{first}, {second}] }}`")
            }
            None => format!(
                "add a service that provides `{interface}` on another host, and name it in `{name}`: \
                 `needs: {{ {interface}: [{first}, <the new one>] }}`"
            ),
        }
    }
}

/// The name by which another service would name this one.
fn spoken(topology: &Topology, service: &Service, by: Option<&Service>) -> String {
    match service.node {
        Some(node) if by.is_none_or(|by| by.node != Some(node)) => {
            format!("{}/{}", topology.nodes[node].name, service.local_name)
        }
        Some(_) => service.local_name.clone(),
        None => service.name.clone(),
    }
}
