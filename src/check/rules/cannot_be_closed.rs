//! Programs behind sentries that go out by themselves.

use std::collections::BTreeMap;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::ServiceId;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0624",
    name: "cannot-be-closed",
    level: Level::Warn,
    summary: "a program behind sentries that finds other peers by itself",
    docs: r##"## What
With `peering: sentry`, a validator runs a program that cannot be told to speak to its sentries alone.

## Why
The firewall lets only the sentries in, but the program still goes out and finds strangers, who then
know the address of the validator.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
stacks:
  full:
    execution: { component: geth }
    beacon:
      component: lighthouse-beacon
      settings: { checkpoint-sync: https://hoodi.beaconstate.ethstaker.cc }
nodes:
  val-1: { host: a, role: validator, stack: full }
  sentry-1: { host: b, role: sentry, stack: full }
peering: sentry
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
stacks: { el: { execution: { component: geth } } }
nodes:
  val-1: { host: a, role: validator, stack: el }
  sentry-1: { host: b, role: sentry, stack: el }
peering: sentry
```
"##,
};

/// One finding a component: it is the component that cannot, not the node.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let Some(peering) = &topology.peering else { return };
    let mut found: BTreeMap<&str, Vec<ServiceId>> = BTreeMap::new();
    for id in peering.closed.keys().flat_map(|node| &topology.nodes[*node].services) {
        let component = &topology.services[*id].component;
        if component.peering.as_ref().is_some_and(|link| !link.closes) {
            found.entry(component.component.value.as_str()).or_default().push(*id);
        }
    }
    for (component, services) in found {
        let Some(first) = services.first() else { continue };
        let service = &topology.services[*first];
        sink.push(
            Diagnostic::new(
                &RULE,
                service.origin,
                format!("`{component}` cannot be kept to its sentries on {} validators", services.len()),
            )
            .here(format!("such as `{}`", service.name))
            .label(peering.origin, "keeps validators behind sentries")
            .help("let the validators go out through an address that does not show where they are"),
        );
    }
}
