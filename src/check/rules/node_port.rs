//! Ports of workers.

use std::collections::BTreeMap;

use crate::catalog::interface::Transport;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Runtime;
use crate::topology::{Listener, NODE_PORTS, RegionId, Service};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0932",
    name: "node-port",
    level: Level::Deny,
    summary: "a port that a cluster cannot publish",
    docs: r##"## What
A port that others must reach from outside a cluster is not between 30000 and 32767, or two services of one cluster have the same one.

## Why
A cluster publishes ports on its workers from this range only, and each port once for all workers: the API server refuses the service. Ports that stay inside the cluster may be any.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: development }
hosts: { a: { address: 203.0.113.10, runtime: kubernetes } }
services: { el: { host: a, component: geth, ports: { p2p: 9999 } } }
```

```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: development }
regions: { eu: {} }
hosts:
  a: { address: 203.0.113.10, region: eu, runtime: kubernetes }
  b: { address: 203.0.113.11, region: eu, runtime: kubernetes }
services:
  one: { host: a, component: geth, ports: { p2p: 30303 } }
  two: { host: b, component: geth, ports: { p2p: 30303 } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: development }
regions: { eu: {} }
hosts:
  a: { address: 203.0.113.10, region: eu, runtime: kubernetes }
  b: { address: 203.0.113.11, region: eu, runtime: kubernetes }
services:
  one: { host: a, component: geth, ports: { p2p: 30303 } }
  two: { host: b, component: geth }
```
"##,
};

/// Looks at every published port of a cluster; linear in their number.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut taken: BTreeMap<(Option<RegionId>, u16, Transport), (&Service, &Listener)> = BTreeMap::new();
    for service in &cx.topology.services {
        let host = &cx.topology.hosts[service.host];
        if host.runtime != Runtime::Kubernetes {
            continue;
        }
        for listener in service.listeners.iter().filter(|listener| listener.publish.is_some()) {
            let Some(port) = listener.port else { continue };
            let place = service.port_place(listener);
            if !NODE_PORTS.contains(&port) {
                sink.push_once(
                    Diagnostic::new(
                        &RULE,
                        place,
                        format!("a cluster cannot publish port {port} of `{}`", service.name),
                    )
                    .here(format!("`{}` is used from outside the cluster", listener.interface))
                    .label(host.origin, "its host is a worker of a cluster")
                    .help(format!(
                        "give it a port from {} to {}, or none: then netgen finds a free one and keeps it in the lock",
                        NODE_PORTS.start(),
                        NODE_PORTS.end()
                    )),
                );
                continue;
            }
            for transport in &listener.transports {
                let first = *taken.entry((host.region, port, *transport)).or_insert((service, listener));
                // On one host it is a collision of its own, and interfaces of one service may share a port.
                if first.0.host == service.host {
                    continue;
                }
                sink.push_once(
                    Diagnostic::new(
                        &RULE,
                        place,
                        format!("port {port}/{} of one cluster is taken twice", transport.word()),
                    )
                    .here(format!("`{}` of `{}`", listener.interface, service.name))
                    .label(
                        first.0.port_place(first.1),
                        format!("`{}` of `{}` has it already", first.1.interface, first.0.name),
                    )
                    .help("all workers of a cluster have one set of ports: give one of them another port"),
                );
            }
        }
    }
}
