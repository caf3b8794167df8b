//! What the voting power survives: every failure domain, every pair of them, and the smallest sets of
//! one kind that are too much.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::clients::{ClientShare, client_shares};
use super::domain::{Domain, DomainId, DomainKind, domains};
use super::loss::{Loss, Losses};
use super::pairs::Pairs;
use super::parts::{NeedId, PartId, Parts};
use super::quorum::Quorum;
use super::smallest::{Question, Smallest};
use crate::topology::{ClusterId, NodeId, Table, Topology};

/// How many pairs are listed.
const PAIRS: usize = 100;

/// What the voting power of a network survives.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Survivability {
    /// The arithmetic of the chain.
    pub quorum: Quorum,
    /// How many nodes have voting power of their own.
    pub voters: usize,
    /// Validators that several nodes run together, by name.
    pub clusters: Vec<ClusterLoss>,
    /// Each kind of failure domain, widest first; kinds that the network does not have are left out.
    pub kinds: Vec<KindSummary>,
    /// Every domain whose failure stops voting power, by kind, then by loss, the largest first.
    pub domains: Vec<DomainLoss>,
    /// Pairs that are too much together although neither is alone, the worst first, at most 100. Of
    /// domains that stop the same validators the widest stands for all.
    pub pairs: Vec<PairLoss>,
    /// Whether no worse pair is missing from `pairs`.
    pub pairs_exact: bool,
    /// Which implementations the voting power runs on.
    pub clients: Vec<ClientShare>,
}

/// One kind of failure domain.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct KindSummary {
    /// The kind.
    pub kind: DomainKind,
    /// How many domains of it there are.
    pub domains: usize,
    /// The one whose failure stops most; absent where none stops anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worst: Option<Worst>,
    /// The two whose failure stops most together; absent where there are no two, or they stop nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worst_pair: Option<WorstPair>,
    /// The smallest set whose failure is too much; absent where even all of them are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub halts: Option<SmallestSet>,
    /// The smallest set that can fork the chain when it is faulty; absent where none can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forks: Option<SmallestSet>,
}

/// The worst domain of a kind.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Worst {
    /// Its name.
    pub name: String,
    /// What is lost and left.
    #[serde(flatten)]
    pub power: Power,
}

/// The worst pair of a kind.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct WorstPair {
    /// Their names.
    pub names: [String; 2],
    /// What is lost and left.
    #[serde(flatten)]
    pub power: Power,
    /// Whether no other pair is worse.
    pub exact: bool,
}

/// Voting power after a failure.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Power {
    /// The power that stops.
    pub lost: u128,
    /// The power that is left.
    pub left: u128,
    /// How much more may be lost; below zero, how much too much is.
    pub margin: i128,
    /// Whether the network goes on.
    pub holds: bool,
    /// Whether the lost power, if it is faulty and not just down, can fork the chain.
    pub can_fork: bool,
}

impl Power {
    /// What a loss leaves.
    pub fn after(quorum: &Quorum, lost: u128) -> Self {
        Self {
            lost,
            left: quorum.total.saturating_sub(lost),
            margin: quorum.margin(lost),
            holds: quorum.holds(lost),
            can_fork: quorum.forks_from.is_some_and(|from| lost >= from),
        }
    }
}

/// A smallest set of domains of one kind.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct SmallestSet {
    /// No smaller set does it.
    pub at_least: usize,
    /// Whether `domains` is a smallest set. Else the search ended at its limit: no set is smaller than
    /// `at-least`, and this one is the smallest that was found.
    pub exact: bool,
    /// A set that does it.
    pub domains: Vec<String>,
}

/// What stops when one domain fails.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct DomainLoss {
    /// Its kind.
    pub kind: DomainKind,
    /// Its name.
    pub name: String,
    /// What is lost and left.
    #[serde(flatten)]
    pub power: Power,
    /// The voting nodes that stop. Both lists are empty only where the network is too entangled to list
    /// all that stops.
    pub nodes: Vec<StoppedNode>,
    /// The clusters that stop.
    pub clusters: Vec<StoppedCluster>,
}

/// A cluster that stops, because more of its nodes do than it can spare.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct StoppedCluster {
    /// Its name.
    pub cluster: String,
    /// Its voting power.
    pub power: u64,
    /// Its nodes that stop.
    pub nodes: Vec<String>,
    /// How the failure reached the last of them; absent where that one failed itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<Through>,
}

/// Validators that several nodes run together, and what stops them.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ClusterLoss {
    /// The name of the cluster.
    pub cluster: String,
    /// Its voting power.
    pub power: u64,
    /// How many nodes hold a share of its key.
    pub nodes: usize,
    /// How many shares make a signature.
    pub threshold: u32,
    /// How many nodes may stop before its validators do.
    pub spare: usize,
    /// Every failure domain that stops it alone, by kind, then name.
    pub stopped_by: Vec<DomainName>,
}

/// A node that stops.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct StoppedNode {
    /// Its name.
    pub node: String,
    /// Its voting power.
    pub power: u64,
    /// How the failure reached it; absent where it, or the service that it votes with, failed itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<Through>,
}

/// A need by which a failure left its domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Through {
    /// The service that could not go on.
    pub service: String,
    /// What it needs.
    pub interface: String,
    /// Its last provider, which failed.
    pub provider: String,
}

/// Two domains that are too much together.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct PairLoss {
    /// The two.
    pub domains: [DomainName; 2],
    /// What is lost and left.
    #[serde(flatten)]
    pub power: Power,
}

/// A domain by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct DomainName {
    /// Its kind.
    pub kind: DomainKind,
    /// Its name.
    pub name: String,
}

/// Computes it all. Where no node votes there is nothing to lose, and all lists are empty.
pub fn survivability(topology: &Topology, parts: &Parts) -> Survivability {
    let quorum = Quorum::new(topology.chain.consensus, parts.total());
    if quorum.total == 0 {
        let (clusters, kinds, domains, pairs, clients) = Default::default();
        return Survivability {
            quorum,
            voters: 0,
            clusters,
            kinds,
            domains,
            pairs,
            pairs_exact: true,
            clients,
        };
    }
    let judge = Judge::new(topology, parts, quorum);
    let Judge { quorum, all, losses, .. } = &judge;
    let pairs = Pairs::new(parts, all, losses);
    let kinds = DomainKind::ALL.into_iter().filter_map(|kind| summary(kind, &judge, &pairs)).collect();
    let mut costly: Vec<DomainId> = all.ids().filter(|id| losses.of[*id].power > 0).collect();
    costly.sort_by_key(|id| (all[*id].kind, Reverse(losses.of[*id].power), *id));
    let names = Names { topology, parts };
    let (together, pairs_exact) = together(quorum, parts, all, losses, &pairs);
    Survivability {
        quorum: *quorum,
        voters: topology.nodes.iter().filter(|node| node.voting_power > 0).count(),
        clusters: clusters(topology, parts, all, losses),
        kinds,
        domains: costly
            .into_iter()
            .map(|id| DomainLoss {
                kind: all[id].kind,
                name: all[id].name.clone(),
                power: Power::after(quorum, losses.of[id].power),
                nodes: names.stopped(&losses.of[id]),
                clusters: names.stopped_clusters(&losses.of[id]),
            })
            .collect(),
        pairs: together,
        pairs_exact,
        clients: client_shares(topology),
    }
}

/// One kind of failure domain, with no more than its worst and what is too much.
#[derive(Clone, Debug)]
pub struct KindLoss {
    /// The kind.
    pub kind: DomainKind,
    /// How many domains of it there are.
    pub domains: usize,
    /// As in [`KindSummary`].
    pub worst: Option<Worst>,
    /// As in [`KindSummary`].
    pub halts: Option<SmallestSet>,
}

/// Computes the arithmetic of the chain and the losses of each kind as [`survivability`] does, and nothing
/// of pairs and of single nodes.
pub fn kind_losses(topology: &Topology, parts: &Parts) -> (Quorum, Vec<KindLoss>) {
    let quorum = Quorum::new(topology.chain.consensus, parts.total());
    if quorum.total == 0 {
        return (quorum, Vec::new());
    }
    let judge = Judge::new(topology, parts, quorum);
    let kinds = DomainKind::ALL.into_iter().filter_map(|kind| {
        let ids = judge.of_kind(kind)?;
        let (worst, halts) = (judge.worst(&ids), judge.halts(&ids));
        Some(KindLoss { kind, domains: ids.len(), worst, halts })
    });
    (quorum, kinds.collect())
}

/// What failures of single domains cost.
struct Judge<'a> {
    quorum: Quorum,
    parts: &'a Parts,
    strict: Parts,
    all: Table<DomainId, Domain>,
    losses: Losses,
}

impl<'a> Judge<'a> {
    fn new(topology: &Topology, parts: &'a Parts, quorum: Quorum) -> Self {
        let all = domains(topology, parts);
        let losses = Losses::new(parts, &all);
        Self { quorum, parts, strict: parts.without_fallbacks(), all, losses }
    }

    /// The domains of a kind, if there are any.
    fn of_kind(&self, kind: DomainKind) -> Option<Vec<DomainId>> {
        let ids: Vec<DomainId> = self.all.ids().filter(|id| self.all[*id].kind == kind).collect();
        (!ids.is_empty()).then_some(ids)
    }

    fn name(&self, id: DomainId) -> String {
        self.all[id].name.clone()
    }

    /// The one whose failure stops most.
    fn worst(&self, ids: &[DomainId]) -> Option<Worst> {
        let lost = |id: DomainId| self.losses.of[id].power;
        let worst = ids.iter().copied().min_by_key(|id| (Reverse(lost(*id)), *id));
        let worst = worst.filter(|id| lost(*id) > 0);
        worst.map(|id| Worst { name: self.name(id), power: Power::after(&self.quorum, lost(id)) })
    }

    /// The smallest set whose failure is too much.
    fn halts(&self, ids: &[DomainId]) -> Option<SmallestSet> {
        self.smallest(ids, self.quorum.tolerates + 1)
    }

    /// The smallest set whose failure costs so much.
    fn smallest(&self, ids: &[DomainId], target: u128) -> Option<SmallestSet> {
        let domains: Vec<Domain> = ids.iter().map(|id| self.all[*id].clone()).collect();
        let (parts, strict) = (self.parts, &self.strict);
        let question = Question { parts, strict, domains: &domains, target, most: domains.len() };
        let named = |set: Vec<usize>| {
            set.into_iter().filter_map(|index| ids.get(index)).map(|id| self.name(*id)).collect()
        };
        match question.answer() {
            Smallest::Never => None,
            Smallest::Exact(set) => {
                Some(SmallestSet { at_least: set.len(), exact: true, domains: named(set) })
            }
            Smallest::Bound { at_least, found } => {
                Some(SmallestSet { at_least, exact: false, domains: named(found?) })
            }
        }
    }
}

fn summary(kind: DomainKind, judge: &Judge<'_>, pairs: &Pairs<'_>) -> Option<KindSummary> {
    let quorum = &judge.quorum;
    let ids = judge.of_kind(kind)?;
    let found = pairs.worst(&ids, 1);
    let worst_pair = found.pairs.first().map(|(lost, a, b)| WorstPair {
        names: [judge.name(*a), judge.name(*b)],
        power: Power::after(quorum, *lost),
        exact: found.exact,
    });
    let halts = judge.halts(&ids);
    // Where the same power halts and forks, so does the same set.
    let forks = match quorum.forks_from {
        Some(from) if from == quorum.tolerates + 1 => halts.clone(),
        Some(from) => judge.smallest(&ids, from),
        None => None,
    };
    Some(KindSummary { kind, domains: ids.len(), worst: judge.worst(&ids), worst_pair, halts, forks })
}

/// Pairs that are too much together although neither is alone.
fn together(
    quorum: &Quorum,
    parts: &Parts,
    all: &Table<DomainId, Domain>,
    losses: &Losses,
    pairs: &Pairs<'_>,
) -> (Vec<PairLoss>, bool) {
    // Of domains that stop the same voters the first, which is the widest, stands for all; those that
    // stop nothing alone may still do so together, so each stands for itself.
    let mut seen: BTreeSet<BTreeSet<PartId>> = BTreeSet::new();
    let mut mine: BTreeSet<&[PartId]> = BTreeSet::new();
    let bearable: Vec<DomainId> = all
        .ids()
        .filter(|id| quorum.holds(losses.of[*id].power))
        .filter(|id| {
            // A node of a cluster counts, too: the next one may stop the cluster.
            let loss = &losses.of[*id];
            let member = |part: &PartId| parts.as_node(*part).is_some() && !parts.users[*part].is_empty();
            let mut stops: BTreeSet<PartId> = loss.voters.iter().map(|(voter, _)| *voter).collect();
            stops.extend(loss.down.iter().filter(|part| member(part)));
            if stops.is_empty() { mine.insert(&loss.down) } else { seen.insert(stops) }
        })
        .collect();
    let worst = pairs.worst(&bearable, PAIRS);
    let named = |id: DomainId| DomainName { kind: all[id].kind, name: all[id].name.clone() };
    let list = worst
        .pairs
        .into_iter()
        .filter(|(lost, ..)| !quorum.holds(*lost))
        .map(|(lost, a, b)| PairLoss { domains: [named(a), named(b)], power: Power::after(quorum, lost) })
        .collect();
    (list, worst.exact)
}

/// What stops each cluster.
fn clusters(
    topology: &Topology,
    parts: &Parts,
    all: &Table<DomainId, Domain>,
    losses: &Losses,
) -> Vec<ClusterLoss> {
    let mut stopped_by: BTreeMap<ClusterId, Vec<DomainName>> = BTreeMap::new();
    for id in all.ids() {
        for cluster in losses.of[id].voters.iter().filter_map(|(part, _)| parts.as_cluster(*part)) {
            let name = DomainName { kind: all[id].kind, name: all[id].name.clone() };
            stopped_by.entry(cluster).or_default().push(name);
        }
    }
    topology
        .clusters
        .iter()
        .map(|cluster| ClusterLoss {
            cluster: cluster.name.clone(),
            power: cluster.voting_power,
            nodes: cluster.nodes.len(),
            threshold: cluster.threshold,
            spare: cluster.spare(),
            stopped_by: stopped_by.remove(&cluster.id).unwrap_or_default(),
        })
        .collect()
}

/// Names of what a failure stops.
struct Names<'a> {
    topology: &'a Topology,
    parts: &'a Parts,
}

impl Names<'_> {
    fn part(&self, part: PartId) -> String {
        self.parts.name(self.topology, part).to_owned()
    }

    fn through(&self, way: Option<(NeedId, PartId)>) -> Option<Through> {
        let (need, provider) = way?;
        let need = &self.parts.needs[need];
        Some(Through {
            service: self.part(need.consumer),
            interface: need.interface.clone()?,
            provider: self.part(provider),
        })
    }

    fn stopped(&self, loss: &Loss) -> Vec<StoppedNode> {
        let nodes = loss.voters.iter().filter(|(part, _)| self.parts.as_node(*part).is_some());
        nodes
            .map(|(part, way)| StoppedNode {
                node: self.part(*part),
                power: self.parts.power[*part],
                through: self.through(*way),
            })
            .collect()
    }

    fn stopped_clusters(&self, loss: &Loss) -> Vec<StoppedCluster> {
        let down = |id: &&NodeId| loss.down.binary_search(&self.parts.node(**id)).is_ok();
        let clusters = loss.voters.iter().filter_map(|(part, way)| {
            self.parts.as_cluster(*part).map(|id| (&self.topology.clusters[id], way))
        });
        clusters
            .map(|(cluster, way)| StoppedCluster {
                cluster: cluster.name.clone(),
                power: cluster.voting_power,
                nodes: cluster
                    .nodes
                    .iter()
                    .filter(down)
                    .map(|node| self.topology.nodes[*node].name.clone())
                    .collect(),
                through: self.through(*way),
            })
            .collect()
    }
}

/// How many of those that a failure stops came by each need, the most frequent first; for summaries.
pub fn ways(domain: &DomainLoss) -> Vec<(usize, &Through)> {
    let mut counts: BTreeMap<(&str, &str), (usize, &Through)> = BTreeMap::new();
    let nodes = domain.nodes.iter().map(|node| node.through.as_ref());
    for through in nodes.chain(domain.clusters.iter().map(|cluster| cluster.through.as_ref())).flatten() {
        let way = (through.provider.as_str(), through.interface.as_str());
        counts.entry(way).or_insert((0, through)).0 += 1;
    }
    let mut ways: Vec<(usize, &Through)> = counts.into_values().collect();
    ways.sort_by_key(|(count, through)| (Reverse(*count), &through.provider, &through.interface));
    ways
}
