//! Hosts that stop a cluster alone.

use std::collections::BTreeSet;

use crate::analyze::clusters::{Stopped, stopped_by};
use crate::analyze::parts::Parts;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink, list_names};
use crate::manifest::DomainKind;
use crate::topology::{Cluster, ClusterId, NodeId, Topology};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0643",
    name: "cluster-on-one-host",
    level: Level::Deny,
    summary: "the loss of one host stops a cluster",
    docs: r##"## What
Real value is at stake, and with one host more nodes of a cluster stop than it can spare: they run there, or they cannot do without something that does. Elsewhere `cluster-in-one-place` says the same as a warning, and of a cluster that can spare nothing `cluster-without-spare`. `require: { survives: { host: 0 } }` says that it does not matter.

## Why
The key was split so that the validators outlive a machine. Here they do not, and a rollout that restarts one host after the other stops them.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts:
  a: { address: 203.0.113.10 }
  c: { address: 203.0.113.11 }
  d: { address: 203.0.113.12 }
stacks: { el: { execution: { component: geth } } }
nodes:
  one: { host: a, role: validator, stack: el }
  two: { host: a, role: validator, stack: el }
  three: { host: c, role: validator, stack: el }
  four: { host: d, role: validator, stack: el }
clusters:
  obol: { nodes: [one, two, three, four], voting-power: 100 }
```

Four nodes on four hosts, which are no help: all need one beacon node.

```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts:
  a: { address: 203.0.113.10, private-address: 10.0.0.1 }
  b: { address: 203.0.113.11, private-address: 10.0.0.2 }
  c: { address: 203.0.113.12, private-address: 10.0.0.3 }
  d: { address: 203.0.113.13, private-address: 10.0.0.4 }
  ops: { address: 203.0.113.14, private-address: 10.0.0.5 }
stacks:
  validator:
    validator: { component: lighthouse-validator, needs: { beacon-api: beacon }, settings: { fee-recipient: "0x8943545177806ed17b9f23f0a21ee5948ecaa776" } }
nodes:
  one: { host: a, role: validator, stack: validator }
  two: { host: b, role: validator, stack: validator }
  three: { host: c, role: validator, stack: validator }
  four: { host: d, role: validator, stack: validator }
services:
  beacon: { host: ops, component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
  execution: { host: ops, component: geth }
clusters:
  obol: { nodes: [one, two, three, four], voting-power: 100 }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts:
  a: { address: 203.0.113.10 }
  b: { address: 203.0.113.11 }
  c: { address: 203.0.113.12 }
  d: { address: 203.0.113.13 }
stacks: { el: { execution: { component: geth } } }
nodes:
  one: { host: a, role: validator, stack: el }
  two: { host: b, role: validator, stack: el }
  three: { host: c, role: validator, stack: el }
  four: { host: d, role: validator, stack: el }
clusters:
  obol: { nodes: [one, two, three, four], voting-power: 100 }
```
"##,
};

/// Fails each host alone.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    if !cx.resolved || !cx.at_stake() || cx.topology.clusters.is_empty() {
        return;
    }
    let parts = Parts::of(cx.topology);
    sink.extend(findings(&RULE, cx.topology, &parts, DomainKind::Host, &mut BTreeSet::new()));
}

/// A finding for each cluster that a domain of a kind stops alone, unless the same of its nodes stopping
/// together was said before.
pub(super) fn findings(
    rule: &'static Rule,
    topology: &Topology,
    parts: &Parts,
    kind: DomainKind,
    said: &mut BTreeSet<(ClusterId, Vec<NodeId>)>,
) -> Vec<Diagnostic> {
    if topology.require.asks(kind).is_some_and(|(count, _)| count == 0) {
        return Vec::new();
    }
    stopped_by(topology, parts, kind)
        .into_iter()
        .filter(|(id, stopped)| {
            topology.clusters[*id].spare() > 0 && said.insert((*id, stopped.nodes.clone()))
        })
        .map(|(id, stopped)| finding(rule, topology, kind, &topology.clusters[id], &stopped))
        .collect()
}

fn finding(
    rule: &'static Rule,
    topology: &Topology,
    kind: DomainKind,
    cluster: &Cluster,
    stopped: &Stopped,
) -> Diagnostic {
    let (word, domain, spare) = (kind.word(), &stopped.domain, cluster.spare());
    let nodes = stopped.nodes.iter().map(|id| &topology.nodes[*id]);
    let names = list_names(nodes.clone().map(|node| node.name.as_str()), 6);
    let message = format!("the loss of {word} `{domain}` stops cluster `{}`", cluster.name);
    let mut diagnostic = Diagnostic::new(rule, cluster.origin, message)
        .here(format!("of its {} nodes {spare} can be spared, and {names} stop", cluster.nodes.len()));
    for node in nodes.take(3) {
        diagnostic = diagnostic.label(node.origin, format!("stops with {word} `{domain}`"));
    }
    match &stopped.through {
        Some((consumer, interface, provider)) => {
            let text = format!("`{}` stops without `{interface}` of this", topology.services[*consumer].name);
            diagnostic.label(topology.services[*provider].origin, text).help(
                "give the nodes providers of their own, or a second one that does not fail at the same time",
            )
        }
        None => diagnostic.help(format!("spread the nodes so that no {word} has more than {spare} of them")),
    }
}
