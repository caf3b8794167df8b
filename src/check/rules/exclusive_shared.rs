//! Interfaces that only one service may use.

use std::collections::BTreeMap;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::{Binding, ServiceId};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0607",
    name: "exclusive-shared",
    level: Level::Deny,
    summary: "two services use an interface that takes only one",
    docs: r##"## What
An interface that its component marks as `exclusive` (the engine API of an execution client) is bound to by several services.

## Why
Two consensus clients give one execution client contradicting orders about the head of the chain; it follows both in turn and none of the nodes stays in sync.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
  second: { host: a, component: lighthouse-beacon, ports: { p2p: 9100, quic-p2p: 9101 }, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, needs: { engine-api: el }, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
  other: { host: a, component: geth, ports: { p2p: 30304 } }
  second: { host: a, component: lighthouse-beacon, ports: { p2p: 9100, quic-p2p: 9101 }, needs: { engine-api: other }, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
```
"##,
};

/// Looks at who uses each exclusive interface.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let mut users: BTreeMap<(ServiceId, &str), &Binding> = BTreeMap::new();
    for binding in &topology.bindings {
        let provider = &topology.services[binding.provider];
        let name = binding.interface.as_str();
        if !provider.component.provides.get(name).is_some_and(|interface| interface.exclusive) {
            continue;
        }
        let first = *users.entry((provider.id, name)).or_insert(binding);
        if first.consumer == binding.consumer {
            continue;
        }
        let (one, two) = (&topology.services[first.consumer].name, &topology.services[binding.consumer].name);
        sink.push(
            Diagnostic::new(
                &RULE,
                binding.origin,
                format!("`{one}` and `{two}` share the `{name}` of `{}`", provider.name),
            )
            .here("uses it too")
            .label(first.origin, format!("used by `{one}`"))
            .label(provider.origin, "takes orders from one service only")
            .help(format!("give each its own: `needs: {{ {name}: <service> }}`")),
        );
    }
}
