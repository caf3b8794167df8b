//! Regions that hold a third.

use std::collections::BTreeMap;

use crate::catalog::chain::Consensus;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::DomainKind;
use crate::text::Span;
use crate::topology::Host;

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
regions: { eu: {}, us: {} }
hosts:
  a: { address: 203.0.113.10, region: eu }
  b: { address: 203.0.113.11, region: eu }
  c: { address: 203.0.113.12, region: us }
  d: { address: 203.0.113.13, region: us }
stacks: { el: { execution: { component: geth } } }
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
regions: { eu: {}, us: {}, ap: {}, sa: {} }
hosts:
  a: { address: 203.0.113.10, region: eu }
  b: { address: 203.0.113.11, region: us }
  c: { address: 203.0.113.12, region: ap }
  d: { address: 203.0.113.13, region: sa }
stacks: { el: { execution: { component: geth } } }
nodes:
  one: { host: a, role: validator, stack: el, voting-power: 1 }
  two: { host: b, role: validator, stack: el, voting-power: 1 }
  three: { host: c, role: validator, stack: el, voting-power: 1 }
  four: { host: d, role: validator, stack: el, voting-power: 1 }
```
"##,
};

/// Adds up the power of each place; what is asked for under `require:` is proved there.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let voters = topology.nodes.iter().filter(|node| node.voting_power > 0).count();
    if topology.chain.consensus != Consensus::Bft || voters < 4 || !cx.resolved {
        return;
    }
    if topology.require.asks(DomainKind::Region).is_none() {
        let region = |host: &Host| host.region.map(|_| topology.region_name(host.id).to_owned());
        places(cx, "region", region, sink);
    }
    if topology.require.asks(DomainKind::Provider).is_none() {
        places(cx, "provider", |host| host.provider.clone(), sink);
    }
}

fn places(cx: &Cx<'_>, kind: &str, name: impl Fn(&Host) -> Option<String>, sink: &mut Sink) {
    let mut power: BTreeMap<String, (u128, Span)> = BTreeMap::new();
    let mut total: u128 = 0;
    for node in cx.topology.nodes.iter().filter(|node| node.voting_power > 0) {
        total += u128::from(node.voting_power);
        let Some(place) = name(&cx.topology.hosts[node.host]) else { continue };
        power.entry(place).or_insert((0, node.origin)).0 += u128::from(node.voting_power);
    }
    if power.len() < 2 {
        return;
    }
    let heaviest = power.iter().max_by(|a, b| a.1.0.cmp(&b.1.0).then_with(|| b.0.cmp(a.0)));
    if let Some((place, (held, at))) = heaviest.filter(|(_, (held, _))| 3 * held >= total) {
        sink.push(
            Diagnostic::new(&RULE, *at, format!("{kind} `{place}` holds {held} of {total} voting power"))
                .here(format!("without {kind} `{place}` the chain stands still"))
                .help(format!("spread the validators so that each {kind} holds less than a third"))
                .help(format!("or say what must be survived: `require: {{ survives: {{ {kind}: 0 }} }}`")),
        );
    }
}
