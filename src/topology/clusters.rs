//! Validators that several nodes run together.

use super::ids::{ClusterId, Id, NodeId};
use super::places::sorted;
use super::resolve::{Context, Tables};
use crate::catalog::chain::Consensus;
use crate::text::Span;

/// Validators whose key is split among several nodes.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Its id.
    pub id: ClusterId,
    /// Its name.
    pub name: String,
    /// The nodes that hold a share of the key, each once, by name.
    pub nodes: Vec<NodeId>,
    /// How many shares make a signature.
    pub threshold: u32,
    /// How many nodes must be up: those who sign, and those who agree on what is signed.
    pub needed: u32,
    /// The weight of its validators in consensus.
    pub voting_power: u64,
    /// Where it is defined.
    pub origin: Span,
}

impl Cluster {
    /// How many nodes may stop before its validators do.
    pub fn spare(&self) -> usize {
        self.nodes.len().saturating_sub(self.needed as usize)
    }
}

/// How many of `nodes` must agree before a cluster may sign.
///
/// On Ethereum the nodes of a cluster agree by a Byzantine fault tolerant protocol of their own (QBFT in
/// Charon and in SSV), whose quorum is two thirds, rounded up: two quorums share more nodes than may lie.
/// Threshold signers of other chains elect a leader by majority (Raft in Horcrux).
pub fn agreement(consensus: Consensus, nodes: u32) -> u32 {
    match consensus {
        Consensus::EthereumPos => two_thirds(nodes),
        Consensus::Bft | Consensus::Majority | Consensus::Nakamoto => nodes / 2 + 1,
    }
}

/// Two thirds, rounded up.
fn two_thirds(nodes: u32) -> u32 {
    nodes - nodes / 3
}

pub(super) fn resolve(cx: &mut Context<'_>, tables: &mut Tables, consensus: Consensus) {
    let manifest = cx.manifest;
    for (name, cluster) in sorted(&manifest.clusters) {
        let mut nodes = Vec::new();
        for member in &cluster.nodes {
            match tables.node(member) {
                Some(node) => nodes.push(node.id),
                None => cx.unknown("node", member, manifest.nodes.keys().map(|k| k.value.as_str())),
            }
        }
        nodes.sort_unstable();
        nodes.dedup();
        let size = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
        let threshold = cluster.threshold.as_ref().map_or(two_thirds(size), |wanted| wanted.value);
        tables.clusters.push(Cluster {
            id: ClusterId::from_index(tables.clusters.len()),
            name: name.value.clone(),
            nodes,
            threshold,
            needed: threshold.max(agreement(consensus, size)),
            voting_power: cluster.voting_power.value,
            origin: name.span,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_quorums_share_more_nodes_than_may_lie() {
        for nodes in 1..200 {
            let (quorum, lying) = (agreement(Consensus::EthereumPos, nodes), (nodes - 1) / 3);
            assert_eq!(quorum, (2 * nodes).div_ceil(3));
            assert!(2 * quorum - nodes > lying, "{nodes}");
            // One less is not enough, so the bound is exact.
            assert!(2 * (quorum - 1) <= nodes + lying, "{nodes}");
            // And those who do not lie can reach it.
            assert!(nodes - lying >= quorum, "{nodes}");
        }
        for (nodes, quorum) in [(4, 3), (7, 5), (10, 7), (13, 9)] {
            assert_eq!(agreement(Consensus::EthereumPos, nodes), quorum);
        }
    }

    #[test]
    fn two_majorities_share_a_node() {
        for nodes in 1..200 {
            let majority = agreement(Consensus::Bft, nodes);
            assert!(2 * majority > nodes && 2 * (majority - 1) <= nodes, "{nodes}");
        }
    }
}
