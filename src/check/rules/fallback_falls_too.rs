//! Fallbacks that share the fate of what they replace.

use std::collections::BTreeMap;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::{Binding, ServiceId};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0233",
    name: "fallback-falls-too",
    level: Level::Warn,
    summary: "all providers of a need run the same program on the same host",
    docs: r##"## What
A need names several providers, and all of them run the same component on the same host, in a network that has other hosts.

## Why
A fallback helps when the first one is down. The host takes both with it, and so does a bug of the program.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  a: { address: 203.0.113.10, private-address: 10.20.0.10 }
  b: { address: 203.0.113.11, private-address: 10.20.0.11 }
services:
  one: { host: a, component: geth }
  two: { host: a, component: geth, ports: { p2p: 30304, eth-rpc: 8645 } }
  rpc: { host: b, component: haproxy, needs: { eth-rpc: [one, two] } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  a: { address: 203.0.113.10, private-address: 10.20.0.10 }
  b: { address: 203.0.113.11, private-address: 10.20.0.11 }
services:
  one: { host: a, component: geth }
  two: { host: b, component: geth }
  rpc: { host: b, component: haproxy, needs: { eth-rpc: [one, two] } }
```
"##,
};

/// Looks at every need with several providers.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    if cx.topology.hosts.len() < 2 {
        return;
    }
    let mut needs: BTreeMap<(ServiceId, &str), Vec<&Binding>> = BTreeMap::new();
    for binding in &cx.topology.bindings {
        needs.entry((binding.consumer, &binding.interface)).or_default().push(binding);
    }
    for ((consumer, interface), bindings) in needs {
        let service = &cx.topology.services[consumer];
        let list = service.component.needs.get(interface).is_some_and(|need| need.many && !need.every);
        let ([first, .., last], true) = (bindings.as_slice(), list) else { continue };
        let provider = &cx.topology.services[first.provider];
        let together = bindings.iter().skip(1).all(|binding| {
            let other = &cx.topology.services[binding.provider];
            let another = other.id != provider.id;
            another
                && other.host == provider.host
                && other.component.component == provider.component.component
        });
        if together {
            let host = &cx.topology.hosts[provider.host];
            sink.push(
                Diagnostic::new(
                    &RULE,
                    last.origin,
                    format!("`{}` has no `{interface}` when host `{}` is down", service.name, host.name),
                )
                .here("falls with the one before")
                .label(host.origin, "runs all of them")
                .help(format!(
                    "name a provider on another host, or one that is no `{}`",
                    provider.component.component
                )),
            );
        }
    }
}
