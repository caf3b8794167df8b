//! Regions that hold a third.

use std::collections::BTreeSet;

use crate::analyze::prove::Prover;
use crate::catalog::chain::Consensus;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::DomainKind;
use crate::topology::Topology;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0606",
    name: "region-can-halt",
    level: Level::Warn,
    summary: "the loss of one region or provider halts a BFT chain",
    docs: r##"## What
The hosts of a BFT chain stand in several regions (or with several providers), one of them holds a third of the voting power or more, and `require: survives` says nothing about it.

## Why
Several regions cost more than one, and here they buy nothing: without more than two thirds of the voting power the chain stands still.

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
regions: { eu: {}, us: {} }
hosts:
  a: { address: 203.0.113.10, region: eu }
  b: { address: 203.0.113.11, region: eu }
  c: { address: 203.0.113.12, region: us }
  d: { address: 203.0.113.13, region: us }
stacks: { el: { execution: { component: demod } } }
nodes:
  one: { host: a, role: validator, stack: el, voting-power: 1 }
  two: { host: b, role: validator, stack: el, voting-power: 1 }
  three: { host: c, role: validator, stack: el, voting-power: 1 }
  four: { host: d, role: validator, stack: el, voting-power: 1 }
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
regions: { eu: {}, us: {}, ap: {}, sa: {} }
hosts:
  a: { address: 203.0.113.10, region: eu }
  b: { address: 203.0.113.11, region: us }
  c: { address: 203.0.113.12, region: ap }
  d: { address: 203.0.113.13, region: sa }
stacks: { el: { execution: { component: demod } } }
nodes:
  one: { host: a, role: validator, stack: el, voting-power: 1 }
  two: { host: b, role: validator, stack: el, voting-power: 1 }
  three: { host: c, role: validator, stack: el, voting-power: 1 }
  four: { host: d, role: validator, stack: el, voting-power: 1 }
```
"##,
};

/// Fails each place alone; what is asked for under `require:` is proved there.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let bft = topology.chain.consensus == Consensus::Bft && topology.decides_chain();
    if !bft || topology.validators() < 4 || !cx.resolved {
        return;
    }
    let prover = Prover::of_voters(topology);
    for kind in [DomainKind::Region, DomainKind::Provider] {
        if topology.require.asks(kind).is_none() {
            places(topology, &prover, kind, sink);
        }
    }
}

fn places(topology: &Topology, prover: &Prover<'_>, kind: DomainKind, sink: &mut Sink) {
    let hosts = topology.voters().into_iter().map(|node| &topology.hosts[topology.nodes[node].host]);
    let used: BTreeSet<&str> = hosts
        .filter_map(|host| match kind {
            DomainKind::Region => host.region.map(|id| topology.regions[id].name.as_str()),
            _ => host.provider.as_deref(),
        })
        .collect();
    if used.len() < 2 {
        return;
    }
    // Of equals the first by name.
    let heaviest = prover.alone(kind).into_iter().rev().max_by_key(|place| place.lost);
    let total = prover.quorum().total;
    if let Some(place) = heaviest.filter(|place| !prover.quorum().holds(place.lost)) {
        let (kind, name, lost) = (kind.word(), place.name, place.lost);
        let message = format!("{kind} `{name}` holds {lost} of {total} voting power");
        sink.push(
            Diagnostic::new(&RULE, place.stops, message)
                .here(format!("without {kind} `{name}` the chain stands still"))
                .help(format!("spread the validators so that each {kind} holds less than a third"))
                .help(format!("or say what must be survived: `require: {{ survives: {{ {kind}: 0 }} }}`")),
        );
    }
}
