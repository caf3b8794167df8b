//! What can be done to this network on purpose, and whether it goes on meanwhile: every case follows
//! from the same analysis that proves what the network survives.
//!
//! A case that is not survived is listed too, with the reason, so that nobody runs it by mistake.

use std::collections::{BTreeMap, BTreeSet};

use super::doors::{Door, forwarding_door, height_door, own_url};
use crate::analyze::cascade::Cascade;
use crate::analyze::domain::{DomainKind, of_kind};
use crate::analyze::parts::{PartId, Parts};
use crate::analyze::quorum::Quorum;
use crate::catalog::component::Run;
use crate::diag::list_names;
use crate::topology::{HostId, RegionId, Service, ServiceId, Table, Topology};

/// How soon all must be well again after a node or a host, in seconds.
const NODE_RECOVERY: u64 = 60;

/// How soon all must be well again after a region, in seconds.
const REGION_RECOVERY: u64 = 120;

/// How many services of a kind are watched in one case.
const MOST_WATCHED: usize = 3;

/// How many names a reason lists.
const MOST_NAMED: usize = 4;

/// By how much packets are late where nobody says otherwise, in milliseconds.
const DELAY: u64 = 100;

/// The longest delay that counts as slow and not as lost, in milliseconds.
const LONGEST_DELAY: u64 = 1000;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The services of a node stop.
    StopNode,
    /// All services of a host stop.
    StopHost,
    /// All services of a region stop.
    StopRegion,
    /// No packet passes between a region and the other hosts.
    Partition,
    /// What a region sends to the other hosts arrives later.
    Latency,
    /// Something else takes most of the CPUs of a host.
    Cpu,
    /// Something else takes most of the memory of a host.
    Memory,
    /// Something else takes most of the disk under the data of a host.
    Disk,
}

impl Fault {
    /// The first word of the id of a case.
    pub fn word(self) -> &'static str {
        match self {
            Self::StopNode => "stop-node",
            Self::StopHost => "stop-host",
            Self::StopRegion => "stop-region",
            Self::Partition => "partition",
            Self::Latency => "latency",
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Disk => "disk",
        }
    }

    /// How soon all must be well again, in seconds.
    pub fn recovery(self) -> u64 {
        match self {
            Self::StopNode | Self::StopHost | Self::Cpu | Self::Memory | Self::Disk => NODE_RECOVERY,
            Self::StopRegion | Self::Partition | Self::Latency => REGION_RECOVERY,
        }
    }

    /// What it does, as a sentence.
    fn sentence(self, name: &str) -> String {
        match self {
            Self::StopNode => format!("Stops all services of the node {name}"),
            Self::StopHost => format!("Stops all services of the host {name}"),
            Self::StopRegion => format!("Stops all services of the region {name}"),
            Self::Partition => format!("Drops every packet between the region {name} and the other hosts"),
            Self::Latency => format!("Delays what the region {name} sends to the other hosts"),
            Self::Cpu => format!("Takes most of the CPUs of the host {name}"),
            Self::Memory => format!("Takes most of the free memory of the host {name}"),
            Self::Disk => format!("Takes most of the free disk under the data of the host {name}"),
        }
    }
}

/// Whether a network in which all is up goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it does.
    pub survives: bool,
    /// Why, or why not.
    pub why: String,
    /// The voters that may stop, and no others: nodes and clusters, by the name that [`voter`] gives
    /// them. Those of several failures are the union of those of each, whatever falls back to what.
    pub voters: BTreeSet<String>,
}

/// By how much packets are late, in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delay {
    /// Where nobody says otherwise.
    pub default: u64,
    /// The most that is slow and not lost.
    pub most: u64,
    /// Beyond, the packets come too late.
    pub beyond: Verdict,
}

/// Something that can be done to a network.
#[derive(Clone, Debug)]
pub struct Case {
    /// What is done.
    pub fault: Fault,
    /// To which node, host or region.
    pub target: String,
    /// The hosts on which something is done, by name.
    pub hosts: Vec<HostId>,
    /// The services that it hits, by name.
    pub services: Vec<ServiceId>,
    /// Whether the network goes on.
    pub verdict: Verdict,
    /// Of packets that are late.
    pub delay: Option<Delay>,
    /// Services that go on and tell a height, which must grow meanwhile.
    pub heights: Vec<ServiceId>,
    /// Services that go on and pass requests on, which must be answered meanwhile.
    pub doors: Vec<ServiceId>,
}

impl Case {
    /// `stop-node/n1`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.fault.word(), self.target)
    }

    /// What is done, as a sentence.
    pub fn sentence(&self) -> String {
        self.fault.sentence(&self.target)
    }
}

/// The name of a part that votes; `None` for one that does not.
pub fn voter(topology: &Topology, parts: &Parts, part: PartId) -> Option<String> {
    (parts.power[part] > 0).then(|| {
        let name = parts.name(topology, part);
        if parts.as_cluster(part).is_some() { format!("cluster/{name}") } else { name.to_owned() }
    })
}

/// Every case of a network: by what is done, then by name.
pub fn cases(topology: &Topology) -> Vec<Case> {
    let parts = Parts::of(topology);
    let strict = parts.without_fallbacks();
    let quorum = Quorum::new(topology.chain.consensus, parts.total());
    let asked = |service: &Service, door: Option<Door>| {
        door.is_some_and(|door| own_url(topology, service, &door.interface).is_some())
    };
    let mut trial = Trial {
        topology,
        parts: &parts,
        cascade: Cascade::new(&parts),
        strict: Cascade::new(&strict),
        quorum,
        heights: spread(topology, |service| asked(service, height_door(service))),
        doors: spread(topology, |service| asked(service, forwarding_door(topology, service))),
    };
    let mut cases = Vec::new();
    let of = |kind: DomainKind| of_kind(topology, &parts, kind).into_iter();
    for domain in of(DomainKind::Node) {
        cases.extend(trial.stop(Fault::StopNode, &domain.name, &domain.members));
    }
    for domain in of(DomainKind::Host) {
        let Some(stopped) = trial.stop(Fault::StopHost, &domain.name, &domain.members) else { continue };
        cases.extend([Fault::Cpu, Fault::Memory, Fault::Disk].map(|fault| at_worst(fault, &stopped)));
        cases.push(stopped);
    }
    for domain in of(DomainKind::Region) {
        cases.extend(trial.stop(Fault::StopRegion, &domain.name, &domain.members));
    }
    for region in topology.regions.ids() {
        if let Some(apart) = trial.cut(region) {
            cases.push(trial.late(&apart));
            cases.push(apart);
        }
    }
    cases.sort_by(|a, b| (a.fault, &a.target).cmp(&(b.fault, &b.target)));
    cases
}

/// The voters that stop with each service at most, whatever falls back to what.
pub fn costs(topology: &Topology) -> Table<ServiceId, BTreeSet<String>> {
    let parts = Parts::of(topology);
    let strict = parts.without_fallbacks();
    let mut cascade = Cascade::new(&strict);
    let of = |service: &Service| {
        let before = cascade.now();
        cascade.fail(&[parts.service(service.id)]);
        let stopped = cascade.down().iter().filter_map(|part| voter(topology, &parts, *part)).collect();
        cascade.back_to(before);
        stopped
    };
    topology.services.iter().map(of).collect()
}

struct Trial<'a> {
    topology: &'a Topology,
    parts: &'a Parts,
    cascade: Cascade<'a>,
    strict: Cascade<'a>,
    quorum: Quorum,
    /// Services that tell a height, those to watch first in front.
    heights: Vec<ServiceId>,
    /// Services that pass requests on, in the same order.
    doors: Vec<ServiceId>,
}

impl Trial<'_> {
    /// Everything of a node, a host or a region stops, or may stop.
    fn stop(&mut self, fault: Fault, target: &str, members: &[PartId]) -> Option<Case> {
        let services = self.services(members);
        let down = fallen(&mut self.cascade, members);
        let strict = fallen(&mut self.strict, members);
        let verdict = self.verdict(&down, &strict);
        self.case(fault, target, services, verdict, &down)
    }

    /// A region and the other hosts are apart.
    fn cut(&mut self, region: RegionId) -> Option<Case> {
        let topology = self.topology;
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for host in &topology.hosts {
            let side = if host.region == Some(region) { &mut inside } else { &mut outside };
            let running = topology.services_on(host.id).filter(|service| runs(service));
            side.extend(running.map(|service| self.parts.service(service.id)));
        }
        for node in &topology.nodes {
            let here = topology.hosts[node.host].region == Some(region);
            if here { &mut inside } else { &mut outside }.push(self.parts.node(node.id));
        }
        let services = self.services(&inside);
        if services.is_empty() || self.services(&outside).is_empty() {
            return None;
        }
        let name = &topology.regions[region].name;
        let (without_region, without_others) =
            (fallen(&mut self.cascade, &inside), fallen(&mut self.cascade, &outside));
        let (strict_region, strict_others) =
            (fallen(&mut self.strict, &inside), fallen(&mut self.strict, &outside));
        let (down, verdict) = if topology.decides_chain() {
            let (others_go_on, region_goes_on) = (self.holds(&without_region), self.holds(&without_others));
            let left = |down: &BTreeSet<PartId>| self.quorum.total.saturating_sub(self.power(down));
            match (others_go_on, region_goes_on) {
                (true, false) => {
                    let verdict = self.verdict(&without_region, &strict_region);
                    (without_region, verdict)
                }
                (false, true) => {
                    let verdict = self.verdict(&without_others, &strict_others);
                    (without_others, verdict)
                }
                (both, _) => {
                    let why = if both {
                        "both sides go on apart from each other, so that the chain forks".to_owned()
                    } else {
                        format!(
                            "no side goes on: {} of {} voting power is left to the region, {} to the others, and a loss \
                             of more than {} {}",
                            left(&without_others),
                            self.quorum.total,
                            left(&without_region),
                            self.quorum.tolerates,
                            self.quorum.harm(),
                        )
                    };
                    let voters = self.voters(&(&strict_region | &strict_others));
                    (without_region, Verdict { survives: false, why, voters })
                }
            }
        } else {
            // Each side still has the rest of the chain; a part stops where it works on neither.
            let down = &without_region & &without_others;
            let verdict = self.verdict(&down, &(&strict_region & &strict_others));
            (down, verdict)
        };
        self.case(Fault::Partition, name, services, verdict, &down)
    }

    /// What a region sends comes late. Too late, it is as if no packet passed.
    fn late(&self, apart: &Case) -> Case {
        let most = (self.topology.chain.block_time * 1000 / 8).min(LONGEST_DELAY);
        let slow = Verdict {
            survives: true,
            why: format!(
                "nothing is lost: up to {most} ms are an eighth of the time between two blocks or less"
            ),
            voters: BTreeSet::new(),
        };
        let delay = Delay { default: DELAY.min(most), most, beyond: apart.verdict.clone() };
        let verdict = if most == 0 { delay.beyond.clone() } else { slow };
        Case { fault: Fault::Latency, verdict, delay: Some(delay), ..apart.clone() }
    }

    fn case(
        &self,
        fault: Fault,
        target: &str,
        services: Vec<ServiceId>,
        verdict: Verdict,
        down: &BTreeSet<PartId>,
    ) -> Option<Case> {
        let topology = self.topology;
        // Of a region that is cut off and goes on, the services are those that tell.
        let alone = services.iter().any(|id| !down.contains(&self.parts.service(*id)));
        let cut = matches!(fault, Fault::Partition | Fault::Latency);
        let hit: BTreeSet<ServiceId> = if cut && alone && topology.decides_chain() {
            BTreeSet::new()
        } else {
            services.iter().copied().collect()
        };
        let hosts: BTreeSet<HostId> = services.iter().map(|id| topology.services[*id].host).collect();
        // What runs in a cluster is stopped by the means of the cluster.
        if hosts.iter().any(|id| !topology.hosts[*id].runtime.is_logged_in_to()) {
            return None;
        }
        let goes_on = |service: &Service| {
            !hit.contains(&service.id)
                && !down.contains(&self.parts.service(service.id))
                && service.node.is_none_or(|node| !down.contains(&self.parts.node(node)))
        };
        let watched = |all: &[ServiceId]| {
            let going_on = all.iter().copied().filter(|id| goes_on(&topology.services[*id]));
            let mut chosen: Vec<ServiceId> = going_on.take(MOST_WATCHED).collect();
            chosen.sort_unstable();
            chosen
        };
        let case = Case {
            fault,
            target: target.to_owned(),
            hosts: hosts.into_iter().collect(),
            heights: watched(&self.heights),
            doors: watched(&self.doors),
            services,
            verdict,
            delay: None,
        };
        (!case.services.is_empty()).then_some(case)
    }

    fn services(&self, members: &[PartId]) -> Vec<ServiceId> {
        members.iter().filter_map(|part| self.parts.as_service(*part)).collect()
    }

    fn power(&self, down: &BTreeSet<PartId>) -> u128 {
        down.iter().map(|part| u128::from(self.parts.power[*part])).sum()
    }

    fn holds(&self, down: &BTreeSet<PartId>) -> bool {
        self.quorum.holds(self.power(down))
    }

    fn voters(&self, down: &BTreeSet<PartId>) -> BTreeSet<String> {
        down.iter().filter_map(|part| voter(self.topology, self.parts, *part)).collect()
    }

    /// What comes of a loss; `strict` is the same without fallbacks.
    fn verdict(&self, down: &BTreeSet<PartId>, strict: &BTreeSet<PartId>) -> Verdict {
        let (lost, quorum) = (self.power(down), &self.quorum);
        let stopped = self.voters(down);
        let names = list_names(stopped.iter().map(String::as_str), MOST_NAMED);
        let why = match (quorum.total, lost) {
            (0, _) => "nobody votes".to_owned(),
            (_, 0) => "no voting power stops".to_owned(),
            (total, lost) if quorum.holds(lost) => {
                format!("{lost} of {total} voting power stops ({names}), and up to {} may", quorum.tolerates)
            }
            (total, lost) => format!(
                "{lost} of {total} voting power stops ({names}), and a loss of more than {} {}",
                quorum.tolerates,
                quorum.harm(),
            ),
        };
        Verdict { survives: quorum.total == 0 || quorum.holds(lost), why, voters: self.voters(strict) }
    }
}

/// Something that hurts a host, beside what stops it.
fn at_worst(fault: Fault, stopped: &Case) -> Case {
    let why = format!("at worst all services of the host stop: {}", stopped.verdict.why);
    let verdict = Verdict { why, ..stopped.verdict.clone() };
    Case { fault, verdict, ..stopped.clone() }
}

/// Everything that stops with these.
fn fallen(cascade: &mut Cascade<'_>, members: &[PartId]) -> BTreeSet<PartId> {
    let before = cascade.now();
    cascade.fail(members);
    let down = cascade.down().iter().copied().collect();
    cascade.back_to(before);
    down
}

fn runs(service: &Service) -> bool {
    service.component.run == Run::Service
}

/// These services in an order in which the first few are of as many regions and hosts as can be.
fn spread(topology: &Topology, wanted: impl Fn(&Service) -> bool) -> Vec<ServiceId> {
    let mut on_host: BTreeMap<HostId, usize> = BTreeMap::new();
    let mut turn = |host: HostId| {
        let count = on_host.entry(host).or_default();
        *count += 1;
        *count
    };
    let services = topology.services.iter().filter(|service| runs(service) && wanted(service));
    let mut by_host: Vec<(usize, ServiceId)> = services.map(|s| (turn(s.host), s.id)).collect();
    by_host.sort_unstable();
    let mut in_region: BTreeMap<Option<RegionId>, usize> = BTreeMap::new();
    let mut by_region: Vec<(usize, ServiceId)> = Vec::new();
    for (_, id) in by_host {
        let count = in_region.entry(topology.hosts[topology.services[id].host].region).or_default();
        *count += 1;
        by_region.push((*count, id));
    }
    by_region.sort_unstable();
    by_region.into_iter().map(|(_, id)| id).collect()
}

#[cfg(test)]
mod tests;
