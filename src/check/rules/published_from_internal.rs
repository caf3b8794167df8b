//! Published ports without a way in.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink, list_names};
use crate::manifest::Runtime;
use crate::topology::{Service, Topology};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0231",
    name: "published-from-internal",
    level: Level::Deny,
    summary: "a published port of a container that joins internal networks only",
    docs: r##"## What
A container on a Docker host publishes a port, and all networks that it joins are `internal: true`.

## Why
Docker maps no ports into an internal network. The container runs, is healthy, and nobody outside reaches it.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks: { back: { internal: true } }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, networks: [back] } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks: { back: { internal: true } }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, networks: [back, default] } }
```
"##,
};

/// Looks at containers without an open network.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    for service in topology.services.iter().filter(|service| is_shut_in(topology, service)) {
        let Some(listener) = service.listeners.iter().find(|l| l.port.is_some() && l.publish.is_some())
        else {
            continue;
        };
        let mut diagnostic = Diagnostic::new(
            &RULE,
            service.origin,
            format!("nobody outside can reach `{}` of `{}`", listener.interface, service.name),
        )
        .here(format!("joins {} only", list_names(service.networks.iter().map(String::as_str), 4)));
        for network in service.networks.iter().filter_map(|name| topology.networks.get(name)).take(2) {
            diagnostic = diagnostic.label(network.origin, "is internal");
        }
        sink.push(diagnostic.help("add a network with a way out: `networks: [..., default]`"));
    }
}

/// Whether a container on a Docker host joins internal networks only.
pub(super) fn is_shut_in(topology: &Topology, service: &Service) -> bool {
    let docker = matches!(topology.hosts[service.host].runtime, Runtime::Compose | Runtime::SystemdDocker);
    let internal = |name: &String| topology.networks.get(name).is_some_and(|network| network.internal);
    docker && !service.networks.is_empty() && service.networks.iter().all(internal)
}
