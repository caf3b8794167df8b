//! Roles that contradict the voting power.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0603",
    name: "role-and-power",
    level: Level::Warn,
    summary: "a validator without voting power, or voting power without a validator",
    docs: r##"## What
Some nodes or clusters have a voting power, and a node with the role `validator` has none and is in no cluster, or a node with the role `rpc`, `archive` or `sentry` has some.

## Why
Proofs about quorum, the order of a roll-out and alerts count the voting power. A node that is left out makes them say something that is not so.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: demonet }
chains:
  demonet:
    chain: demonet
    name: The Demo network
    family: demo
    block-time: 2
    consensus: bft
    test: true
    sources: [ documentation of Demo ]
components:
  demod: { component: demod, summary: A node of the Demo network, kind: chain-node, version: { tested: 1.0.0 }, image: registry.demo.dev/demod, sources: [ documentation of Demo ] }
hosts:
  a: { address: 203.0.113.10 }
  b: { address: 203.0.113.11 }
  c: { address: 203.0.113.12 }
  d: { address: 203.0.113.13 }
  e: { address: 203.0.113.14 }
stacks: { el: { execution: { component: demod } } }
nodes:
  one: { host: a, role: validator, stack: el, voting-power: 1 }
  two: { host: b, role: validator, stack: el, voting-power: 1 }
  three: { host: c, role: validator, stack: el, voting-power: 1 }
  four: { host: d, role: validator, stack: el, voting-power: 1 }
  five: { host: e, role: validator, stack: el }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: demonet }
chains:
  demonet:
    chain: demonet
    name: The Demo network
    family: demo
    block-time: 2
    consensus: bft
    test: true
    sources: [ documentation of Demo ]
components:
  demod: { component: demod, summary: A node of the Demo network, kind: chain-node, version: { tested: 1.0.0 }, image: registry.demo.dev/demod, sources: [ documentation of Demo ] }
hosts:
  a: { address: 203.0.113.10 }
  b: { address: 203.0.113.11 }
  c: { address: 203.0.113.12 }
  d: { address: 203.0.113.13 }
  e: { address: 203.0.113.14 }
stacks: { el: { execution: { component: demod } } }
nodes:
  one: { host: a, role: validator, stack: el, voting-power: 1 }
  two: { host: b, role: validator, stack: el, voting-power: 1 }
  three: { host: c, role: validator, stack: el, voting-power: 1 }
  four: { host: d, role: validator, stack: el, voting-power: 1 }
  five: { host: e, role: rpc, stack: el }
```
"##,
};

/// The role whose nodes vote.
const VOTES: &str = "validator";

/// Roles whose nodes do not. Words of the user's own may mean anything.
const SERVES: &[&str] = &["rpc", "archive", "sentry"];

/// Compares role and power, where power is used at all.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let node = topology.nodes.iter().find(|node| node.voting_power > 0);
    let cluster = || topology.clusters.iter().next().map(|c| (c.origin, &c.name, c.voting_power));
    let voter = node.map(|node| (node.origin, &node.name, node.voting_power)).or_else(cluster);
    let Some((origin, voter, power)) = voter else { return };
    let members = topology.memberships();
    for node in topology.nodes.iter().filter(|node| !members.contains_key(&node.id)) {
        let Some(written) = cx.manifest.nodes.get(node.name.as_str()) else { continue };
        let diagnostic = match (node.role.as_str(), node.voting_power) {
            (VOTES, 0) => {
                let place = written.voting_power.as_ref().map_or(written.role.span, |power| power.span);
                Diagnostic::new(&RULE, place, format!("validator `{}` has no voting power", node.name))
                    .here("counts for nothing")
                    .label(origin, format!("`{voter}` has {power}"))
                    .help("add `voting-power: <number>`, or give it another role")
            }
            (role, power) if power > 0 && SERVES.contains(&role) => Diagnostic::new(
                &RULE,
                written.role.span,
                format!("`{}` votes and is no validator", node.name),
            )
            .here(format!("its voting power is {power}"))
            .help(format!("write `role: {VOTES}`, or take the voting power out")),
            _ => continue,
        };
        sink.push(diagnostic);
    }
}
