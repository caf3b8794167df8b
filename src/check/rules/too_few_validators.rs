//! Byzantine fault tolerance that tolerates no fault.

use crate::catalog::chain::Consensus;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0602",
    name: "too-few-validators",
    level: Level::Warn,
    summary: "a BFT chain with fewer than four validators survives no failure",
    docs: r##"## What
The chain needs more than two thirds of the voting power, and fewer than four nodes vote. A cluster under `clusters:` counts as one.

## Why
With one, two or three equal validators each loss halts the chain: (n-1)/3 is zero. Every restart for an update is an outage.

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
stacks: { el: { execution: { component: demod } } }
nodes:
  one: { host: a, role: validator, stack: el, voting-power: 1 }
  two: { host: b, role: validator, stack: el, voting-power: 1 }
  three: { host: c, role: validator, stack: el, voting-power: 1 }
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
stacks: { el: { execution: { component: demod } } }
nodes:
  one: { host: a, role: validator, stack: el, voting-power: 1 }
  two: { host: b, role: validator, stack: el, voting-power: 1 }
  three: { host: c, role: validator, stack: el, voting-power: 1 }
  four: { host: d, role: validator, stack: el, voting-power: 1 }
```
"##,
};

/// Counts the voters.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let bft = topology.chain.consensus == Consensus::Bft && topology.decides_chain();
    if !bft || cx.in_development() || !cx.resolved {
        return;
    }
    let voters = topology.validators();
    let alone = topology.nodes.iter().find(|node| node.voting_power > 0).map(|node| node.origin);
    let first = alone.or_else(|| topology.clusters.iter().next().map(|cluster| cluster.origin));
    let Some(first) = first.filter(|_| voters < 4) else { return };
    let number =
        if voters == 1 { "the only validator".to_owned() } else { format!("one of {voters} validators") };
    sink.push(
        Diagnostic::new(&RULE, first, format!("the loss of {number} halts `{}`", topology.chain.name))
            .here("with fewer than four, no failure is survived")
            .label(cx.manifest.network.chain.span, "needs more than two thirds of the voting power")
            .help("run four validators or more, each on a host of its own; `environment: development` says that it does not matter"),
    );
}
