//! Places that stop a cluster alone.

use std::collections::BTreeSet;

use super::cluster_on_one_host::findings;
use crate::analyze::domain::of_kind;
use crate::analyze::parts::Parts;
use crate::check::Cx;
use crate::diag::{Level, Rule, Sink};
use crate::manifest::DomainKind;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0644",
    name: "cluster-in-one-place",
    level: Level::Warn,
    summary: "the loss of one rack, region, provider or operator stops a cluster",
    docs: r##"## What
The hosts of the network stand in several racks or regions, or have several providers or operators, and with one of these more nodes of a cluster stop than it can spare. So does one host, where less is at stake than `cluster-on-one-host` asks for. `require: { survives: { region: 0 } }` says that it does not matter, and so does `environment: development`.

## Why
The key was split so that the validators outlive such a loss. With one node to spare no two nodes may share a place.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: testnet }
regions: { eu: {}, us: {}, ap: {} }
hosts:
  a: { address: 203.0.113.10, region: eu }
  b: { address: 203.0.113.11, region: eu }
  c: { address: 203.0.113.12, region: us }
  d: { address: 203.0.113.13, region: ap }
stacks: { el: { execution: { component: geth } } }
nodes:
  one: { host: a, role: validator, stack: el }
  two: { host: b, role: validator, stack: el }
  three: { host: c, role: validator, stack: el }
  four: { host: d, role: validator, stack: el }
clusters:
  obol: { nodes: [one, two, three, four], voting-power: 100 }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: testnet }
regions: { eu: {}, uk: {}, us: {}, ap: {} }
hosts:
  a: { address: 203.0.113.10, region: eu }
  b: { address: 203.0.113.11, region: uk }
  c: { address: 203.0.113.12, region: us }
  d: { address: 203.0.113.13, region: ap }
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

/// Fails each place alone, narrow ones first.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    if !cx.resolved || cx.in_development() || topology.clusters.is_empty() {
        return;
    }
    let parts = Parts::of(topology);
    let mut said = BTreeSet::new();
    let of_hosts = findings(&RULE, topology, &parts, DomainKind::Host, &mut said);
    // Where much is at stake, they are errors already.
    if !cx.at_stake() {
        sink.extend(of_hosts);
    }
    for kind in [DomainKind::Rack, DomainKind::Region, DomainKind::Provider, DomainKind::Operator] {
        // Where there is only one, the network was not meant to outlive it.
        if of_kind(topology, &parts, kind).len() > 1 {
            sink.extend(findings(&RULE, topology, &parts, kind, &mut said));
        }
    }
}
