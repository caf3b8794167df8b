//! In which order a change or a restart goes through the hosts.
//!
//! A wave is a set of hosts that are down at the same time. It holds no two of one failure domain, keeps
//! every quorum, and stops nothing that its hosts do not stop one at a time: a cluster keeps its quorum, a
//! service keeps one of its providers, and of several that do the same (balancers, sentries) one stays up.
//! A host that alone is too much is a wave alone, and its nodes follow one after the other.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::analyze::cascade::Cascade;
use crate::analyze::domain::{DomainKind, of_kind};
use crate::analyze::parts::{PartId, Parts};
use crate::analyze::quorum::Quorum;
use crate::catalog::component::Run;
use crate::topology::{Host, HostId, NodeId, Topology};

/// How many waves are tried for a host before it begins one of its own. So the work grows with the
/// number of hosts, not with its square.
const TRIES: usize = 16;

/// The order of a roll-out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waves {
    /// The hosts of each wave, by name. The first is that of the canary, and empty without one.
    pub waves: Vec<Vec<HostId>>,
    number: BTreeMap<HostId, usize>,
    /// Of hosts that may not stop as a whole: when each node follows, from 1.
    pub steps: BTreeMap<NodeId, u32>,
    /// Hosts of which no order saves the quorum: how much voting power stops with them at once.
    pub beyond: BTreeMap<HostId, u128>,
    /// The largest loss that the chain survives.
    pub tolerates: u128,
}

/// What is restarted as a whole.
#[derive(Clone, Debug, Default)]
pub struct Whole {
    /// What stops.
    pub members: Vec<PartId>,
    /// The failure domains that it stands in.
    pub places: BTreeSet<String>,
}

impl Waves {
    /// The waves of a network.
    pub fn of(topology: &Topology) -> Self {
        let parts = Parts::of(topology);
        let order = Order::of(topology, &parts);
        let mut members: BTreeMap<String, Vec<PartId>> =
            of_kind(topology, &parts, DomainKind::Host).into_iter().map(|d| (d.name, d.members)).collect();
        let whole = |host: &Host, members: &mut BTreeMap<String, Vec<PartId>>| Whole {
            members: members.remove(&host.name).unwrap_or_default(),
            places: places(topology, host),
        };
        let canary = topology.rollout.canary;
        let (mut hosts, mut wholes) = (Vec::new(), Vec::new());
        let mut found = Self { waves: vec![canary.into_iter().collect()], ..Self::default() };
        found.tolerates = order.quorum.tolerates;
        for host in topology.machines() {
            let whole = whole(host, &mut members);
            let (lost, _) = order.stopped(&[&whole]);
            if !order.quorum.holds(lost) {
                found.node_by_node(topology, &parts, &order, host.id, lost);
            }
            if canary != Some(host.id) {
                hosts.push(host.id);
                wholes.push(whole);
            }
        }
        for wave in order.pack(&wholes) {
            let mut wave: Vec<HostId> = wave.into_iter().filter_map(|at| hosts.get(at).copied()).collect();
            wave.sort_unstable();
            found.number.extend(wave.iter().map(|host| (*host, found.waves.len())));
            found.waves.push(wave);
        }
        found
    }

    /// The order of the nodes of a host that is too much as a whole.
    fn node_by_node(
        &mut self,
        topology: &Topology,
        parts: &Parts,
        order: &Order<'_>,
        host: HostId,
        lost: u128,
    ) {
        let nodes: Vec<NodeId> =
            topology.nodes.iter().filter(|node| node.host == host).map(|node| node.id).collect();
        let wholes: Vec<Whole> = nodes
            .iter()
            .map(|id| {
                let services = topology.nodes[*id].services.iter();
                let own = services.filter(|service| topology.services[**service].host == host);
                let mut members: Vec<PartId> = own.map(|service| parts.service(*service)).collect();
                members.push(parts.node(*id));
                Whole { members, places: BTreeSet::new() }
            })
            .collect();
        let heaviest = wholes.iter().map(|whole| order.stopped(&[whole]).0).max();
        // Compose changes what differs in one go.
        let stepwise = nodes.len() > 1 && topology.hosts[host].runtime != crate::manifest::Runtime::Compose;
        if let Some(at_once) = heaviest.filter(|_| stepwise) {
            for (step, wave) in (1..).zip(order.pack(&wholes)) {
                let nodes = wave.into_iter().filter_map(|at| nodes.get(at));
                self.steps.extend(nodes.map(|node| (*node, step)));
            }
            if !order.quorum.holds(at_once) {
                self.beyond.insert(host, at_once);
            }
        } else {
            self.beyond.insert(host, lost);
        }
    }

    /// The wave of a host.
    pub fn wave(&self, host: HostId) -> usize {
        self.number.get(&host).copied().unwrap_or(0)
    }
}

/// Regions and racks of a host. One without either stands alone.
pub fn places(topology: &Topology, host: &Host) -> BTreeSet<String> {
    let region = host.region.map(|region| format!("region {}", topology.regions[region].name));
    let rack = host.rack.as_ref().filter(|_| region.is_none()).map(|rack| format!("rack {rack}"));
    region.into_iter().chain(rack).collect()
}

/// Groups of parts that do the same: services of the network with one component, nodes of one role.
fn alike(topology: &Topology, parts: &Parts) -> Vec<Vec<PartId>> {
    let mut groups: BTreeMap<(bool, &str), Vec<PartId>> = BTreeMap::new();
    let running = topology.services.iter().filter(|s| s.node.is_none() && s.component.run == Run::Service);
    for service in running {
        groups
            .entry((false, service.component.component.as_str()))
            .or_default()
            .push(parts.service(service.id));
    }
    for node in &topology.nodes {
        groups.entry((true, node.role.as_str())).or_default().push(parts.node(node.id));
    }
    groups.into_values().filter(|group| group.len() > 1).collect()
}

/// What an order must keep.
pub struct Order<'p> {
    /// All parts up: each question begins with that, and ends so.
    up: RefCell<Cascade<'p>>,
    quorum: Quorum,
    alike: Vec<Vec<PartId>>,
}

impl<'p> Order<'p> {
    /// What an order of a network must keep.
    pub fn of(topology: &Topology, parts: &'p Parts) -> Self {
        let quorum = Quorum::new(topology.chain.consensus, parts.total());
        Self::new(parts, quorum, alike(topology, parts))
    }

    /// The quorum, and groups of parts of which one stays up.
    pub fn new(parts: &'p Parts, quorum: Quorum, alike: Vec<Vec<PartId>>) -> Self {
        Self { up: RefCell::new(Cascade::new(parts)), quorum, alike }
    }

    /// Groups of parts that do the same.
    pub fn alike(&self) -> &[Vec<PartId>] {
        &self.alike
    }

    /// The voting power that stops, and the parts.
    pub fn stopped(&self, wholes: &[&Whole]) -> (u128, BTreeSet<PartId>) {
        let mut cascade = self.up.borrow_mut();
        let up = cascade.now();
        let members: Vec<PartId> = wholes.iter().flat_map(|whole| whole.members.iter().copied()).collect();
        cascade.fail(&members);
        let stopped = (cascade.power(), cascade.down().iter().copied().collect());
        cascade.back_to(up);
        stopped
    }

    /// Packs what is restarted into waves: the lightest first, each into the first wave that takes it.
    pub fn pack(&self, wholes: &[Whole]) -> Vec<Vec<usize>> {
        let alone: Vec<(u128, BTreeSet<PartId>)> =
            wholes.iter().map(|whole| self.stopped(&[whole])).collect();
        let mut ordered: Vec<(u128, usize, &Whole)> = wholes
            .iter()
            .enumerate()
            .map(|(at, whole)| (alone.get(at).map_or(0, |(lost, _)| *lost), at, whole))
            .collect();
        ordered.sort_by_key(|(lost, at, _)| (*lost, *at));
        // Each with the places of all in it.
        let mut waves: Vec<(Vec<usize>, BTreeSet<&str>)> = Vec::new();
        for (_, at, whole) in ordered {
            let places = || whole.places.iter().map(String::as_str);
            let apart =
                |(_, taken): &&mut (Vec<usize>, BTreeSet<&str>)| !places().any(|place| taken.contains(place));
            let takes = |(wave, _): &&mut (Vec<usize>, BTreeSet<&str>)| {
                let members = wave.iter().filter_map(|at| wholes.get(*at));
                let together: Vec<&Whole> = members.chain([whole]).collect();
                let single: Vec<&BTreeSet<PartId>> =
                    wave.iter().chain([&at]).filter_map(|at| alone.get(*at)).map(|(_, down)| down).collect();
                self.allows(&together, &single)
            };
            match waves.iter_mut().filter(apart).take(TRIES).find(takes) {
                Some((wave, taken)) => {
                    wave.push(at);
                    taken.extend(places());
                }
                None => waves.push((vec![at], places().collect())),
            }
        }
        waves.into_iter().map(|(wave, _)| wave).collect()
    }

    /// Whether all of these may be down at once, given what stops with each alone.
    fn allows(&self, together: &[&Whole], alone: &[&BTreeSet<PartId>]) -> bool {
        let (lost, down) = self.stopped(together);
        let one_by_one: BTreeSet<PartId> = alone.iter().flat_map(|down| down.iter().copied()).collect();
        let all_of =
            |group: &Vec<PartId>, down: &BTreeSet<PartId>| group.iter().all(|part| down.contains(part));
        let mut ended = self.alike.iter().filter(|group| all_of(group, &down));
        self.quorum.holds(lost)
            && down.len() == one_by_one.len()
            && ended.all(|group| alone.iter().any(|down| all_of(group, down)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::analyze::parts::Need;
    use crate::catalog::chain::Consensus;
    use crate::topology::Id;

    const SERVICES: usize = 8;
    const NODES: usize = 6;

    fn part(index: usize) -> PartId {
        PartId::from_index(index)
    }

    /// What stops, by the definition: look at every need again until nothing changes.
    fn oracle(parts: &Parts, failed: BTreeSet<PartId>) -> BTreeSet<PartId> {
        let mut down = failed;
        loop {
            let fell = parts.needs.iter().find(|need| {
                !down.contains(&need.consumer)
                    && need.providers.iter().filter(|p| down.contains(p)).count() > need.spare
            });
            match fell {
                Some(need) => down.insert(need.consumer),
                None => return down,
            };
        }
    }

    /// Hosts with services and nodes, needs between them, a cluster over some nodes, and regions.
    fn network() -> impl Strategy<Value = (Parts, Vec<Whole>, Vec<Vec<PartId>>)> {
        let need = (0..SERVICES + NODES, prop::collection::btree_set(0..SERVICES, 1..4), any::<bool>());
        let needs = prop::collection::vec(need, 0..10);
        let powers = prop::collection::vec(0..5_u64, NODES + 1);
        let hosts = prop::collection::vec(0..6_usize, SERVICES + NODES);
        let regions = prop::collection::vec(0..4_usize, 6);
        let members = prop::collection::btree_set(SERVICES..SERVICES + NODES, 1..=NODES);
        let groups = prop::collection::vec(prop::collection::btree_set(0..SERVICES, 2..4), 0..3);
        (needs, powers, hosts, regions, members, groups).prop_map(
            |(needs, powers, hosts, regions, members, groups)| {
                let mut all: Vec<Need> = needs
                    .into_iter()
                    .map(|(consumer, providers, fallback)| Need {
                        consumer: part(consumer),
                        interface: None,
                        spare: if fallback { providers.len() - 1 } else { 0 },
                        providers: providers.into_iter().map(part).collect(),
                    })
                    .collect();
                let spare = members.len() / 3;
                let providers = members.into_iter().map(part).collect();
                all.push(Need { consumer: part(SERVICES + NODES), interface: None, providers, spare });
                let powers = vec![0; SERVICES].into_iter().chain(powers).collect();
                let mut wholes = vec![Whole::default(); 6];
                for (index, host) in hosts.into_iter().enumerate() {
                    wholes[host].members.push(part(index));
                }
                for (whole, region) in wholes.iter_mut().zip(regions) {
                    // The last is no region.
                    whole.places = (region < 3).then(|| region.to_string()).into_iter().collect();
                }
                let groups = groups.into_iter().map(|group| group.into_iter().map(part).collect()).collect();
                (Parts::new(powers, [SERVICES, NODES], all), wholes, groups)
            },
        )
    }

    proptest! {
        #[test]
        fn a_wave_stops_no_more_than_its_hosts_one_by_one((parts, wholes, alike) in network()) {
            let total = parts.total();
            let quorum = Quorum::new(Consensus::Bft, total);
            let waves = Order::new(&parts, quorum, alike.clone()).pack(&wholes);
            let mut seen: Vec<usize> = waves.iter().flatten().copied().collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..wholes.len()).collect::<Vec<_>>(), "each host is in one wave");
            let down = |hosts: &[usize]| {
                oracle(&parts, hosts.iter().flat_map(|at| wholes[*at].members.iter().copied()).collect())
            };
            for wave in waves.iter().filter(|wave| wave.len() > 1) {
                let all = down(wave);
                let left: u128 =
                    total - all.iter().map(|part| u128::from(parts.power[*part])).sum::<u128>();
                prop_assert!(total == 0 || 3 * left > 2 * total, "{wave:?} leaves {left} of {total}");
                let single: BTreeSet<PartId> = wave.iter().flat_map(|host| down(&[*host])).collect();
                prop_assert_eq!(&all, &single, "{:?} stops more", wave);
                for group in &alike {
                    let ended = |down: &BTreeSet<PartId>| group.iter().all(|part| down.contains(part));
                    prop_assert!(!ended(&all) || wave.iter().any(|host| ended(&down(&[*host]))));
                }
                let places: Vec<&String> = wave.iter().flat_map(|at| &wholes[*at].places).collect();
                prop_assert_eq!(places.len(), places.iter().collect::<BTreeSet<_>>().len());
            }
        }

        /// Hosts of equal power that share nothing: no wave is smaller than it must be but the last.
        #[test]
        fn waves_are_as_large_as_the_quorum_lets_them(count in 1..24_usize) {
            let parts = Parts::new(vec![1; count], [0, count], Vec::new());
            let wholes: Vec<Whole> =
                (0..count).map(|at| Whole { members: vec![part(at)], places: BTreeSet::new() }).collect();
            let quorum = Quorum::new(Consensus::Bft, parts.total());
            let waves = Order::new(&parts, quorum, Vec::new()).pack(&wholes);
            let size = usize::try_from(quorum.tolerates).unwrap().max(1);
            prop_assert_eq!(waves.len(), count.div_ceil(size));
        }
    }
}
