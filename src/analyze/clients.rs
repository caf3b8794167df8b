//! Which implementations the voting power runs on.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::parts::voting_services;
use crate::catalog::component::Kind;
use crate::topology::{ClusterId, Node, NodeId, ServiceId, Topology};

/// The roles in which implementations are counted, each apart.
pub const ROLES: [Kind; 3] = [Kind::ExecutionClient, Kind::ConsensusClient, Kind::ChainNode];

/// The voting power that runs on one implementation.
///
/// A mistake in an implementation with more than a third of all power can stop a chain from agreeing;
/// with more than two thirds it can make the chain agree on something wrong, which cannot be undone.
/// A cluster stops with fewer of its nodes than it takes to sign, so it may count for several
/// implementations as far as they stop it, and signs what one says only where enough of its nodes run it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ClientShare {
    /// What it does in a node.
    pub role: Kind,
    /// The component.
    pub client: String,
    /// The voting power that stops with it.
    pub power: u128,
    /// The voting power that signs what it says, right or wrong: all of it, but for clusters that stop
    /// before they sign.
    pub signs: u128,
    /// How large a part that is.
    pub share: Share,
    /// The clusters that stop with it, each with the number of its nodes that run on it.
    #[serde(skip)]
    pub clusters: Vec<(ClusterId, usize)>,
    /// A service that runs it, for messages.
    #[serde(skip)]
    pub example: ServiceId,
}

/// How large a part of the voting power is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Share {
    /// A third or less.
    AThirdOrLess,
    /// More than a third.
    MoreThanAThird,
    /// More than two thirds.
    MoreThanTwoThirds,
}

impl Share {
    fn of(power: u128, signs: u128, total: u128) -> Self {
        if 3 * signs > 2 * total {
            Self::MoreThanTwoThirds
        } else if 3 * power > total {
            Self::MoreThanAThird
        } else {
            Self::AThirdOrLess
        }
    }
}

/// The shares of all implementations, by role, then name. A role that no voting node fills is left out.
pub fn client_shares(topology: &Topology) -> Vec<ClientShare> {
    let total = topology.voting_power();
    let mut runs: BTreeMap<(Kind, &str), (Vec<NodeId>, ServiceId)> = BTreeMap::new();
    for node in topology.voters().into_iter().map(|id| &topology.nodes[id]) {
        // A node that runs two instances of one implementation counts once.
        let used: BTreeMap<(Kind, &str), ServiceId> = used_clients(topology, node)
            .into_iter()
            .map(|id| (&topology.services[id].component, id))
            .map(|(component, id)| ((component.kind, component.component.as_str()), id))
            .collect();
        for (client, id) in used {
            runs.entry(client).or_insert((Vec::new(), id)).0.push(node.id);
        }
    }
    let memberships = topology.memberships();
    let mut shares = Vec::new();
    for ((role, client), (nodes, example)) in runs {
        let alone: u128 = nodes.iter().map(|id| u128::from(topology.nodes[*id].voting_power)).sum();
        let (mut power, mut signs) = (alone, alone);
        let mut members: BTreeMap<ClusterId, usize> = BTreeMap::new();
        for cluster in nodes.iter().filter_map(|id| memberships.get(id)).flatten() {
            *members.entry(*cluster).or_default() += 1;
        }
        members.retain(|id, count| *count > topology.clusters[*id].spare());
        for (id, count) in &members {
            let cluster = &topology.clusters[*id];
            power += u128::from(cluster.voting_power);
            if *count >= cluster.needed as usize {
                signs += u128::from(cluster.voting_power);
            }
        }
        let (share, clusters) = (Share::of(power, signs, total), members.into_iter().collect());
        shares.push(ClientShare { role, client: client.to_owned(), power, signs, share, clusters, example });
    }
    shares
}

/// The clients that a node runs on: its own, and in a role that it has none for, those of others that
/// its voting services use first. A fallback does not count: nobody turns to it while a mistaken first
/// choice is up.
fn used_clients(topology: &Topology, node: &Node) -> BTreeSet<ServiceId> {
    let kind = |id: &ServiceId| topology.services[*id].component.kind;
    let mut used: BTreeSet<ServiceId> =
        node.services.iter().copied().filter(|id| ROLES.contains(&kind(id))).collect();
    let filled: BTreeSet<Kind> = used.iter().map(kind).collect();
    let mut seen: BTreeSet<ServiceId> = BTreeSet::new();
    let mut next = voting_services(topology, node.id);
    while let Some(id) = next.pop() {
        if !seen.insert(id) {
            continue;
        }
        if ROLES.contains(&kind(&id)) && !filled.contains(&kind(&id)) {
            used.insert(id);
        }
        let component = &topology.services[id].component;
        let hard = |interface: &str| component.needs.get(interface).is_some_and(|need| !need.soft);
        next.extend(
            topology
                .bindings_of(id)
                .iter()
                .filter(|b| b.order == 0 && hard(&b.interface))
                .map(|b| b.provider),
        );
    }
    used
}
