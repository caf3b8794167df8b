//! Voting power as PromQL, and the one place that says whose answers count as a validator's.
//!
//! A node is up when all its services answer; a cluster when enough of its nodes are. What Prometheus
//! does not know counts as lost beside what it knows, and where it knows nothing there is no value.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::analyze::quorum::Quorum;
use crate::emit::format::promql::{any_of, string};
use crate::topology::{NodeId, Topology};

/// Voters alone by their voting power, so that equal ones share a term.
pub(super) fn by_power(topology: &Topology) -> BTreeMap<u64, Vec<NodeId>> {
    let mut classes: BTreeMap<u64, Vec<NodeId>> = BTreeMap::new();
    for node in topology.nodes.iter().filter(|node| node.voting_power > 0) {
        classes.entry(node.voting_power).or_default().push(node.id);
    }
    classes
}

/// More nodes are not named one by one where their role tells them from all others: nobody reads such a
/// list, and Prometheus would read it at each evaluation.
const NAMED: usize = 100;

/// Whether each scraped service of some nodes answers.
pub(super) fn up(topology: &Topology, nodes: &[NodeId]) -> String {
    let network = string(&topology.name);
    if nodes.len() > NAMED {
        let role = |node: &NodeId| topology.nodes[*node].role.as_str();
        let roles: BTreeSet<&str> = nodes.iter().map(role).collect();
        let of_roles = topology.nodes.iter().filter(|node| roles.contains(node.role.as_str())).count();
        if of_roles == nodes.len() && !roles.contains("") {
            return format!("up{{network={network}, role=~{}}}", any_of(roles));
        }
    }
    let names = nodes.iter().map(|node| &topology.nodes[*node].name);
    format!("up{{network={network}, node=~{}}}", any_of(names))
}

/// The expressions and numbers under `voting` in the templates of dashboards; null without voting power.
///
/// | name | what |
/// |---|---|
/// | `each` | the voting power of each voter while it is up, else 0; by `network`, `region`, `host`, `node`, or by `cluster` |
/// | `weights` | the same, whether up or not |
/// | `up` | the sum of `each` |
/// | `members` | nodes of each cluster that are up, by `cluster`; null without clusters |
/// | `spare` | how many more of them a cluster can lose, by `cluster`; null without clusters |
/// | `total`, `needed` | all voting power, and the least with which the network goes on |
pub(super) fn power(topology: &Topology) -> Value {
    let total = topology.voting_power();
    if total == 0 {
        return Value::Null;
    }
    let (mut each, mut weights, mut members, mut spare) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (weight, nodes) in by_power(topology) {
        let up = up(topology, &nodes);
        each.push(format!("min by (network, region, host, node) ({up}) * {weight}"));
        weights.push(format!("group by (network, region, host, node) ({up}) * {weight}"));
    }
    for cluster in &topology.clusters {
        let (up, needed, weight) = (up(topology, &cluster.nodes), cluster.needed, cluster.voting_power);
        let named =
            |expr: &str| format!("label_replace({expr}, \"cluster\", {}, \"\", \"\")", string(&cluster.name));
        let nodes_up = format!("sum by (network) (min by (network, node) ({up}))");
        each.push(format!("{} * {weight}", named(&format!("{nodes_up} >= bool {needed}"))));
        weights.push(format!("{} * {weight}", named(&format!("group by (network) ({up})"))));
        spare.push(format!("{} - {needed}", named(&nodes_up)));
        members.push(named(&nodes_up));
    }
    let quorum = Quorum::new(topology.chain.consensus, total);
    let either = |terms: &[String]| terms.join(" or ");
    let some = |terms: &[String]| Some(either(terms)).filter(|text| !text.is_empty());
    json!({
        "each": either(&each), "weights": either(&weights), "up": format!("sum({})", either(&each)),
        "members": some(&members), "spare": some(&spare),
        // Numbers of 128 bits are more than JSON readers agree on.
        "total": total.to_string(), "needed": total.saturating_sub(quorum.tolerates).to_string(),
    })
}
