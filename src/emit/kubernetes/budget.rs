//! How many pods may be evicted at a time, so that the network keeps its quorum.
//!
//! A pod weighs the voting power that stops with it: of its own node, and of all that cannot do without it. Who
//! alone weighs more than the network can lose is never evicted. Of the others so many may be that the
//! heaviest of them, of all clusters together, weigh no more than that: clusters evict side by side, and none
//! asks the others.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Cluster, QUORUM};
use crate::analyze::outage::Outages;
use crate::analyze::parts::Parts;
use crate::catalog::component::Run;
use crate::plan::Plan;
use crate::topology::{NodeId, ServiceId};

/// What may be evicted in a cluster.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Budget {
    /// Pods that the quorum cannot spare even one of.
    pub(super) critical: BTreeSet<ServiceId>,
    /// Pods that cost votes.
    pub(super) counted: BTreeSet<ServiceId>,
    /// How many of those may be away.
    pub(super) spare: usize,
}

impl Budget {
    /// The value of the label `QUORUM`, for who has it.
    pub(super) fn class(&self, service: ServiceId) -> Option<&'static str> {
        if self.critical.contains(&service) {
            return Some("critical");
        }
        self.counted.contains(&service).then_some("counted")
    }

    pub(super) fn objects(&self) -> Vec<Value> {
        let budget = |class: &str, key: &str, count: usize| {
            json!({
                "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
                "metadata": { "name": format!("quorum-{class}") },
                "spec": {
                    "selector": { "matchLabels": { QUORUM: class } },
                    key: count,
                    // A pod that is not ready has no vote to lose.
                    "unhealthyPodEvictionPolicy": "AlwaysAllow",
                },
            })
        };
        let mut objects = Vec::new();
        if !self.counted.is_empty() {
            objects.push(budget("counted", "minAvailable", self.counted.len() - self.spare));
        }
        if !self.critical.is_empty() {
            objects.push(budget("critical", "maxUnavailable", 0));
        }
        objects
    }
}

/// The pods of a cluster that fail for one node weigh together what each of them weighs.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Voter {
    Node(NodeId),
    Service(ServiceId),
}

/// The budgets of all clusters, in their order.
pub(super) fn budgets(plan: &Plan, clusters: &[Cluster<'_>]) -> Vec<Budget> {
    let topology = &plan.topology;
    let parts = Parts::of(topology);
    let mut outages = Outages::new(topology, &parts);
    let Some(quorum) = outages.quorum() else {
        return clusters.iter().map(|_| Budget::default()).collect();
    };
    let decides = topology.decides_chain();
    let mut budgets = Vec::new();
    let mut weights: Vec<Vec<u128>> = Vec::new();
    for cluster in clusters {
        let mut budget = Budget::default();
        let mut voters: BTreeMap<Voter, u128> = BTreeMap::new();
        for service in cluster.services.iter().filter(|service| service.component.run == Run::Service) {
            let power = outages.of([service.id]).power;
            if power == 0 {
                continue;
            }
            if decides && !quorum.holds(power) {
                budget.critical.insert(service.id);
                continue;
            }
            budget.counted.insert(service.id);
            let voter = service.node.map_or(Voter::Service(service.id), Voter::Node);
            let weight = voters.entry(voter).or_default();
            *weight = (*weight).max(power);
        }
        let mut heaviest: Vec<u128> = voters.into_values().collect();
        heaviest.sort_unstable_by(|a, b| b.cmp(a));
        weights.push(heaviest);
        budgets.push(budget);
    }
    let spare = if decides { spare(&weights, quorum.tolerates) } else { one_each(&weights) };
    for (budget, spare) in budgets.iter_mut().zip(spare) {
        budget.spare = spare.min(budget.counted.len());
    }
    budgets
}

/// A chain that others keep alive: votes are lost, but no quorum. One at a time, as for any maintenance.
fn one_each(weights: &[Vec<u128>]) -> Vec<usize> {
    weights.iter().map(|heaviest| heaviest.len().min(1)).collect()
}

/// How many pods each cluster may spare: one more for each in turn, as long as the heaviest together weigh no
/// more than `most`.
fn spare(weights: &[Vec<u128>], most: u128) -> Vec<usize> {
    let mut spare = vec![0; weights.len()];
    let mut lost = 0_u128;
    loop {
        let mut grown = false;
        for (heaviest, spare) in weights.iter().zip(&mut spare) {
            if let Some(next) = heaviest.get(*spare).filter(|next| lost + **next <= most) {
                lost += next;
                *spare += 1;
                grown = true;
            }
        }
        if !grown {
            return spare;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_powers_spare_less_than_a_third() {
        assert_eq!(spare(&[vec![1; 4]], 1), [1]);
        assert_eq!(spare(&[vec![1; 7]], 2), [2]);
        assert_eq!(spare(&[vec![1; 3]], 0), [0]);
    }

    #[test]
    fn the_heaviest_count() {
        // 40 + 30 + 20 + 10: one third less one is 33.
        assert_eq!(spare(&[vec![30, 20, 10]], 33), [1]);
        assert_eq!(spare(&[vec![20, 10]], 33), [2]);
    }

    #[test]
    fn clusters_share_what_may_be_lost() {
        assert_eq!(spare(&[vec![1; 2], vec![1; 2]], 1), [1, 0]);
        assert_eq!(spare(&[vec![1; 4], vec![1; 4], vec![1; 2]], 3), [1, 1, 1]);
        assert_eq!(spare(&[], 3), Vec::<usize>::new());
    }

    /// No choice of evictions that the budgets allow weighs more than what may be lost.
    #[test]
    fn no_allowed_eviction_is_too_much() {
        let weights = [vec![9, 5, 5, 1], vec![7, 7], vec![2, 2, 2]];
        for most in 0..50_u128 {
            let spare = spare(&weights, most);
            let worst: u128 = weights.iter().zip(&spare).flat_map(|(w, n)| w.iter().take(*n)).sum();
            assert!(worst <= most, "{most}: {spare:?}");
        }
    }
}
