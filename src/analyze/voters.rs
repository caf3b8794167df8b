//! How far the voting power that is up lies above what the chain needs, by what can be watched: the
//! scraped services of the nodes that vote.

use std::collections::{BTreeMap, BTreeSet};

use super::alerts::is_scraped;
use super::quorum::Quorum;
use crate::catalog::alerts::Pack;
use crate::catalog::proof::Voters;
use crate::topology::{Cluster, HostId, NodeId, Topology};

/// The voters of a network whose voting power decides whether its chain lives.
pub struct Watched<'a> {
    topology: &'a Topology,
    quorum: Quorum,
    /// Each host with the voters that do not answer without it.
    hosts: Vec<(HostId, BTreeSet<NodeId>)>,
}

impl<'a> Watched<'a> {
    /// `None` where the voting power decides nothing, and where a voter cannot be seen: it would count
    /// as down for ever.
    pub fn new(topology: &'a Topology) -> Option<Self> {
        if !topology.decides_chain() {
            return None;
        }
        let mut hosts: BTreeMap<HostId, BTreeSet<NodeId>> = BTreeMap::new();
        for node in topology.voters() {
            let services = topology.nodes[node].services.iter().map(|id| &topology.services[*id]);
            let mut scraped = services.filter(|service| is_scraped(topology, service)).peekable();
            scraped.peek()?;
            scraped.for_each(|service| {
                hosts.entry(service.host).or_default().insert(node);
            });
        }
        let quorum = Quorum::new(topology.chain.consensus, topology.voting_power());
        Some(Self { topology, quorum, hosts: hosts.into_iter().collect() })
    }

    /// All voting power.
    pub fn total(&self) -> u128 {
        self.quorum.total
    }

    /// The least voting power with which the chain goes on.
    pub fn needed(&self) -> u128 {
        self.quorum.total - self.quorum.tolerates
    }

    /// Whether the chain goes on without any one host while all else is up.
    pub fn spares_a_host(&self) -> bool {
        let memberships = self.topology.memberships();
        self.hosts.iter().all(|(_, nodes)| {
            let alone: u128 =
                nodes.iter().map(|node| u128::from(self.topology.nodes[*node].voting_power)).sum();
            let mut lost: BTreeMap<_, usize> = BTreeMap::new();
            for cluster in nodes.iter().filter_map(|node| memberships.get(node)).flatten() {
                *lost.entry(*cluster).or_default() += 1;
            }
            let stopped = lost.into_iter().map(|(id, lost)| (&self.topology.clusters[id], lost));
            let stopped = stopped.filter(|(cluster, lost)| *lost > cluster.spare());
            let clusters: u128 = stopped.map(|(cluster, _)| u128::from(cluster.voting_power)).sum();
            self.quorum.holds(alone + clusters)
        })
    }

    /// The nodes of each part. Whatever the order of the hosts, before the first whose loss is too much
    /// comes a state in which one more loss is.
    pub fn parts(&self) -> BTreeMap<NodeId, Voters> {
        let (mut alive, mut halted) = (0, self.hosts.len());
        while alive + 1 < halted {
            let middle = alive.midpoint(halted);
            if self.up_without(middle) >= self.needed() { alive = middle } else { halted = middle }
        }
        let mut parts: BTreeMap<NodeId, Voters> = BTreeMap::new();
        for (at, (_, nodes)) in self.hosts.iter().enumerate() {
            let part = match at {
                at if at < alive => Voters::Spare,
                at if at == alive => Voters::Last,
                _ => Voters::Rest,
            };
            for node in nodes {
                parts.entry(*node).or_insert(part);
            }
        }
        parts
    }

    /// The voting power that is up without the first so many hosts.
    fn up_without(&self, count: usize) -> u128 {
        let down: BTreeSet<NodeId> =
            self.hosts.iter().take(count).flat_map(|(_, nodes)| nodes.iter().copied()).collect();
        let alone = self.topology.nodes.iter().filter(|node| !down.contains(&node.id));
        let signs = |cluster: &&Cluster| {
            cluster.nodes.iter().filter(|node| down.contains(node)).count() <= cluster.spare()
        };
        let clusters = self.topology.clusters.iter().filter(signs).map(|cluster| cluster.voting_power);
        alone.map(|node| node.voting_power).chain(clusters).map(u128::from).sum()
    }
}

/// The alerts of no component that this network has.
pub fn packs(topology: &Topology) -> Vec<Pack> {
    let Some(monitoring) = &topology.monitoring else { return Vec::new() };
    let reads = |id| topology.textfile_dir(&topology.hosts[id]).is_some();
    let told: Vec<HostId> = topology.hosts.ids().filter(|id| reads(*id)).collect();
    let saved = |host: &HostId| topology.services_on(*host).any(|service| topology.is_saved(service));
    let voters = Watched::new(topology);
    let asked = [
        (Pack::Watching, true),
        (Pack::Objective, monitoring.slo.is_some()),
        (Pack::State, !told.is_empty()),
        (Pack::Backup, told.iter().any(saved)),
        (Pack::Quorum, voters.is_some()),
        (Pack::QuorumMargin, voters.is_some_and(|voters| voters.spares_a_host())),
    ];
    asked.into_iter().filter_map(|(pack, wanted)| wanted.then_some(pack)).collect()
}
