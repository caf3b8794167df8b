//! Fallbacks that fail together.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::{Binding, Host};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0604",
    name: "fallback-shares-fate",
    level: Level::Warn,
    summary: "all providers of a fallback list fail together",
    docs: r##"## What
`needs:` names several providers in order, and all of them stand on one host; or, in a network with several regions, in one region.

## Why
The second is there for the failure of the first. On the same host it goes down with it.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
services:
  one: { host: a, component: geth }
  two: { host: a, component: geth, ports: { p2p: 30304, eth-rpc: 8555 } }
  rpc: { host: b, component: haproxy, needs: { eth-rpc: [one, two] } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
services:
  one: { host: a, component: geth }
  two: { host: b, component: geth }
  rpc: { host: b, component: haproxy, needs: { eth-rpc: [one, two] } }
```
"##,
};

/// Looks at the lists that the manifest writes out; what was bound by itself is no promise.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let places: BTreeSet<&str> = topology.hosts.iter().map(|host| topology.region_name(host.id)).collect();
    let mut told = BTreeSet::new();
    let lists = topology.bindings.chunk_by(|a, b| (a.consumer, &a.interface) == (b.consumer, &b.interface));
    for list in lists {
        let (Some(first), Some(second)) = (list.first(), list.get(1)) else { continue };
        let consumer = &topology.services[first.consumer];
        // What was not named bears the place of the service itself.
        let named = first.origin != second.origin && second.origin != consumer.origin;
        let host = |binding: &Binding| -> &Host { &topology.hosts[topology.services[binding.provider].host] };
        let home = host(first);
        let one_host = list.iter().all(|binding| host(binding).id == home.id);
        let one_region =
            home.region.is_some() && list.iter().all(|binding| host(binding).region == home.region);
        let shared = match (one_host, one_region) {
            (true, _) if topology.hosts.len() > 1 => format!("host `{}`", home.name),
            (false, true) if places.len() > 1 => format!("region `{}`", topology.region_name(home.id)),
            _ => continue,
        };
        if named && told.insert(second.origin) {
            sink.push(
                Diagnostic::new(
                    &RULE,
                    second.origin,
                    format!("every `{}` of `{}` is lost with {shared}", first.interface, consumer.name),
                )
                .here("the fallback")
                .label(first.origin, format!("is lost with {shared} as well"))
                .help("name a provider elsewhere"),
            );
        }
    }
}
