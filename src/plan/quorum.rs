//! Voting power that is up, as alerts about the quorum ask for it; dashboards: [`super::power`].
//!
//! A node counts while every scraped service of it answers, a cluster while enough of its nodes do.
//! The expressions grow with the number of voters, whatever the number of hosts is.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::alerts::series_labels;
use super::power::{by_power, up};
use super::{Job, Target};
use crate::analyze::voters::Watched;
use crate::catalog::proof::{Series, Voters};
use crate::emit::format::promql::string;
use crate::topology::{NodeId, Topology};

/// The voting power that is up, as a series without labels; `None` where nobody votes.
fn power_up(topology: &Topology) -> Option<String> {
    let alone: Vec<String> = by_power(topology)
        .into_iter()
        .map(|(power, nodes)| format!("min by (node) ({}) * {power}", up(topology, &nodes)))
        .collect();
    let mut terms: Vec<String> = Vec::new();
    if !alone.is_empty() {
        terms.push(format!("(sum({}) or vector(0))", alone.join(" or ")));
    }
    for cluster in &topology.clusters {
        let answering = format!("sum(min by (node) ({}))", up(topology, &cluster.nodes));
        terms.push(format!(
            "(({answering} or vector(0)) >= bool {}) * {}",
            cluster.needed, cluster.voting_power
        ));
    }
    (!terms.is_empty()).then(|| terms.join(" + "))
}

/// The voting power that the loss of each host would take, by `host`.
fn at_stake(topology: &Topology) -> String {
    let stands = |nodes: &[NodeId]| {
        let up = up(topology, nodes);
        // A node may stand on several hosts, and is lost with any of them.
        format!("group by (node, host) ({up}) * on (node) group_left () min by (node) ({up})")
    };
    let alone = by_power(topology).into_iter().map(|(power, nodes)| format!("{} * {power}", stands(&nodes)));
    let clusters = topology.clusters.iter().map(|cluster| {
        let answering = format!("scalar(sum(min by (node) ({})))", up(topology, &cluster.nodes));
        let (needed, power) = (cluster.needed, cluster.voting_power);
        let taken = format!("sum by (host) ({})", stands(&cluster.nodes));
        format!(
            "label_replace((({answering} - {taken}) < bool {needed}) * ({answering} >= bool {needed}) * {power}, \
             \"cluster\", {}, \"\", \"\")",
            string(&cluster.name)
        )
    });
    let all: Vec<String> = alone.chain(clusters).collect();
    format!("sum by (host) ({})", all.join(" or "))
}

/// What templates of network alerts know of the voting power; none where it decides nothing.
pub(super) fn scope(topology: &Topology) -> Value {
    let (Some(watched), Some(up)) = (Watched::new(topology), power_up(topology)) else { return Value::Null };
    // Beyond 2^53 the numbers of Prometheus are not exact; no voting power comes near.
    json!({
        "up": up, "at_stake": at_stake(topology),
        "total": watched.total().to_string(), "needed": watched.needed().to_string(),
    })
}

/// Puts the services of the voters in the place of series that speak of voters.
pub(super) fn expand(topology: &Topology, jobs: &BTreeMap<String, Job>, series: Vec<Series>) -> Vec<Series> {
    if series.iter().all(|one| one.among.is_none()) {
        return series;
    }
    let parts = Watched::new(topology).map(|watched| watched.parts()).unwrap_or_default();
    let targets = || jobs.values().flat_map(|job| job.targets.iter().map(move |target| (job, target)));
    let mut all = Vec::new();
    for one in series {
        let Some(part) = one.among else {
            all.push(one);
            continue;
        };
        let voters = targets().filter(|(_, target)| part_of(topology, &parts, target) == Some(part));
        all.extend(voters.map(|(job, target)| Series {
            metric: one.metric.clone(),
            labels: series_labels(job, &target.labels),
            values: one.values.clone(),
            among: None,
        }));
    }
    all
}

fn part_of(topology: &Topology, parts: &BTreeMap<NodeId, Voters>, target: &Target) -> Option<Voters> {
    parts.get(&topology.services[target.service].node?).copied()
}
