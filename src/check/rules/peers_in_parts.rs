//! Nodes that no chain of peers joins.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink, list_names};
use crate::topology::{Peering, ServiceId, Topology};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0620",
    name: "peers-in-parts",
    level: Level::Deny,
    summary: "nodes that no chain of peers joins",
    docs: r##"## What
The peers that `peering` gives do not join all nodes: there are parts between which nothing passes.

On a public chain strangers join the parts, so only a part counts whose nodes all speak to their peers
alone: validators without a sentry.

## Why
Each part would follow a chain of its own, or none at all.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 }, c: { address: 203.0.113.12 } }
stacks: { el: { execution: { component: geth } } }
nodes:
  val-1: { host: a, role: validator, stack: el }
  val-2: { host: c, role: validator, stack: el }
  sentry-1: { host: b, role: sentry, stack: el }
peering: { sentries: { val-1: sentry-1 } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 }, c: { address: 203.0.113.12 } }
stacks: { el: { execution: { component: geth } } }
nodes:
  val-1: { host: a, role: validator, stack: el }
  val-2: { host: c, role: validator, stack: el }
  sentry-1: { host: b, role: sentry, stack: el }
peering: { sentries: { val-1: sentry-1, val-2: sentry-1 } }
```
"##,
};

/// Follows the peers of every protocol by itself: a beacon node carries no blocks for an execution client.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let Some(peering) = &topology.peering else { return };
    let mut protocols: BTreeMap<&str, BTreeSet<ServiceId>> = BTreeMap::new();
    for service in peering.members.iter().flat_map(|node| &topology.nodes[*node].services) {
        if let Some(link) = &topology.services[*service].component.peering {
            protocols.entry(link.protocol.as_str()).or_default().insert(*service);
        }
    }
    let public = cx.manifest.genesis.is_none();
    for (protocol, services) in protocols {
        let parts = parts(peering, services);
        if parts.len() < 2 {
            continue;
        }
        let closed =
            |part: &&Vec<ServiceId>| part.iter().all(|id| peering.is_closed(&topology.services[*id]));
        let lost: Vec<&Vec<ServiceId>> =
            if public { parts.iter().filter(closed).collect() } else { parts.iter().collect() };
        let Some(first) = lost.first() else { continue };
        let named = |part: &Vec<ServiceId>| list_names(part.iter().map(|id| node_name(topology, *id)), 4);
        let (message, help) = if public {
            let all: Vec<ServiceId> = lost.iter().flat_map(|part| part.iter().copied()).collect();
            (
                format!("no `{protocol}` peer leads from {} to the rest of the network", named(&all)),
                "give it a sentry",
            )
        } else {
            let listed: Vec<String> = lost.iter().take(4).map(|part| format!("({})", named(part))).collect();
            let more = if lost.len() > 4 { format!(" and {} more", lost.len() - 4) } else { String::new() };
            (
                format!("the `{protocol}` peers are {} parts: {}{more}", lost.len(), listed.join(", ")),
                "link a node of each part with a node of another",
            )
        };
        let mut diagnostic =
            Diagnostic::new(&RULE, peering.origin, message).here("gives them these peers").help(help);
        if let Some(id) = first.first() {
            diagnostic = diagnostic.label(topology.services[*id].origin, "cut off");
        }
        sink.push(diagnostic);
    }
}

fn node_name(topology: &Topology, id: ServiceId) -> &str {
    let service = &topology.services[id];
    service.node.map_or(service.name.as_str(), |node| topology.nodes[node].name.as_str())
}

/// The connected parts, each sorted, by their first member.
fn parts(peering: &Peering, mut left: BTreeSet<ServiceId>) -> Vec<Vec<ServiceId>> {
    let mut parts = Vec::new();
    while let Some(start) = left.pop_first() {
        let mut part = vec![start];
        let mut at = 0;
        while let Some(id) = part.get(at).copied() {
            part.extend(
                peering.peers_of(id).iter().map(|peer| peer.service).filter(|peer| left.remove(peer)),
            );
            at += 1;
        }
        part.sort_unstable();
        parts.push(part);
    }
    parts
}
