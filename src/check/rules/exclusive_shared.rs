//! Two masters of one service.

use std::collections::BTreeMap;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::{Binding, ServiceId};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0236",
    name: "exclusive-shared",
    level: Level::Deny,
    summary: "two services use an interface that serves one",
    docs: r##"## What
An interface that its component calls exclusive (the Engine API of an execution client) is used by two services.

## Why
Whoever drives an execution client tells it which block is the head. Two beacon nodes tell it two heads in turn: it reorganises back and forth, and both nodes lose their duties.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn-1: { host: a, component: lighthouse-beacon, settings: &sync { checkpoint-sync: "https://hoodi.beaconstate.ethstaker.cc" } }
  bn-2: { host: a, component: lighthouse-beacon, settings: *sync, ports: { p2p: 9100, quic-p2p: 9101 } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el-1: { host: a, component: geth }
  el-2: { host: a, component: geth, ports: { p2p: 30304 } }
  bn-1: { host: a, component: lighthouse-beacon, needs: { engine-api: el-1 }, settings: &sync { checkpoint-sync: "https://hoodi.beaconstate.ethstaker.cc" } }
  bn-2: { host: a, component: lighthouse-beacon, needs: { engine-api: el-2 }, settings: *sync, ports: { p2p: 9100, quic-p2p: 9101 } }
```
"##,
};

/// Reports the second user of each exclusive interface.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let mut users: BTreeMap<(ServiceId, &str), &Binding> = BTreeMap::new();
    for binding in &topology.bindings {
        let provider = &topology.services[binding.provider];
        if !provider.component.provides.get(&binding.interface).is_some_and(|interface| interface.exclusive) {
            continue;
        }
        let first = *users.entry((provider.id, &binding.interface)).or_insert(binding);
        if first.consumer == binding.consumer {
            continue;
        }
        let (one, two) = (&topology.services[first.consumer], &topology.services[binding.consumer]);
        sink.push(
            Diagnostic::new(
                &RULE,
                binding.origin,
                format!("`{}` of `{}` serves one, and two use it", binding.interface, provider.name),
            )
            .here(format!("used by `{}`", two.name))
            .label(first.origin, format!("used by `{}`", one.name))
            .label(provider.origin, "serves one of them")
            .help(format!(
                "give `{}` a provider of its own: `needs: {{ {}: ... }}`",
                two.name, binding.interface
            )),
        );
    }
}
