//! Nodes that stand twice in a cluster.

use std::collections::BTreeMap;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::text::Span;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0641",
    name: "repeated-member",
    level: Level::Deny,
    summary: "a node stands in a cluster twice",
    docs: r##"## What
A cluster under `clusters:` names one node more than once.

## Why
Each node holds one share of the key. With two shares on one node its loss is the loss of two, and the cluster can spare fewer nodes than its list makes believe. As a rule it is a slip, and another node was meant.

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
  obol: { nodes: [one, two, three, three], voting-power: 100 }
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

/// Looks at each list.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for (name, cluster) in &cx.manifest.clusters {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for node in &cluster.nodes {
            let Some(first) = seen.insert(node.as_str(), node.span) else { continue };
            sink.push(
                Diagnostic::new(&RULE, node.span, format!("`{node}` stands twice in cluster `{name}`"))
                    .here("the second time")
                    .label(first, "the first time")
                    .help("name the node that was meant, or take this one out"),
            );
        }
    }
}
