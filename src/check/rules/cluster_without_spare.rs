//! Clusters that stand no fault.

use crate::catalog::chain::Consensus;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0642",
    name: "cluster-without-spare",
    level: Level::Warn,
    summary: "a cluster stops with the first of its nodes, or stands no faulty one",
    docs: r##"## What
A cluster needs all of its nodes to sign; or it has fewer than four on Ethereum, where the nodes of a cluster agree by a Byzantine fault tolerant protocol of their own. `environment: development` says that it does not matter.

## Why
A key is split so that the validator outlives the loss of a node. With nothing to spare each node more makes it likelier to stop: every restart is an outage. Three nodes outlive one that is down, but one that lies can make each of the other two sign something else: (n-1)/3 faulty nodes are tolerated, which is none.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: testnet }
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
  obol: { nodes: [one, two, three, four], threshold: 4, voting-power: 100 }
```

```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: testnet }
hosts:
  a: { address: 203.0.113.10 }
  b: { address: 203.0.113.11 }
  c: { address: 203.0.113.12 }
stacks: { el: { execution: { component: geth } } }
nodes:
  one: { host: a, role: validator, stack: el }
  two: { host: b, role: validator, stack: el }
  three: { host: c, role: validator, stack: el }
clusters:
  obol: { nodes: [one, two, three], voting-power: 100 }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: testnet }
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

/// The fewest nodes of which one may be faulty.
const FEWEST: usize = 4;

/// Looks at what each cluster can spare.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    if !cx.resolved || cx.in_development() {
        return;
    }
    let byzantine = cx.topology.chain.consensus == Consensus::EthereumPos;
    for cluster in &cx.topology.clusters {
        let (name, nodes, needed) = (&cluster.name, cluster.nodes.len(), cluster.needed);
        let Some(written) = cx.manifest.clusters.get(cluster.name.as_str()) else { continue };
        // A node that stands there twice, and a threshold that is never reached, are told by other rules.
        if written.nodes.len() != nodes || needed as usize > nodes {
            continue;
        }
        let more = "add nodes: four can spare one, seven two, ten three";
        if cluster.spare() == 0 {
            let place = written.threshold.as_ref().map_or(cluster.origin, |threshold| threshold.span);
            let diagnostic =
                Diagnostic::new(&RULE, place, format!("cluster `{name}` stops with the first of its nodes"))
                    .here(format!("{needed} of {nodes} must be up"));
            sink.push(if nodes < FEWEST {
                diagnostic.help(more)
            } else {
                diagnostic.help("split the key anew with a threshold of two thirds of the nodes, rounded up")
            });
        } else if byzantine && nodes < FEWEST {
            sink.push(
                Diagnostic::new(
                    &RULE,
                    cluster.origin,
                    format!("one faulty node can make cluster `{name}` sign two things"),
                )
                .here(format!("has {nodes} nodes, and tolerates (n-1)/3 faulty ones: none"))
                .help(more),
            );
        }
    }
}
