//! Networks between containers, for pods.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Runtime;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0935",
    name: "networks-of-pods",
    level: Level::Deny,
    summary: "a container network for a pod",
    docs: r##"## What
A service on a host with the runtime `kubernetes` names `networks`.

## Why
Pods are in the one network of their cluster. A network without a way out would be a promise that nobody keeps; the network policies already let each pod reach what it is bound to, and nothing else.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: development }
hosts: { a: { address: 203.0.113.10, runtime: kubernetes } }
networks: { back: { internal: true } }
services: { db: { host: a, component: postgres, networks: [back] } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: development }
hosts: { a: { address: 203.0.113.10, runtime: kubernetes } }
services: { db: { host: a, component: postgres } }
```
"##,
};

/// Looks at the networks of pods. Without any of its own, a service is in the default one.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for service in &cx.topology.services {
        let host = &cx.topology.hosts[service.host];
        if host.runtime != Runtime::Kubernetes {
            continue;
        }
        let Some(name) = service.networks.iter().find(|name| cx.topology.networks.contains_key(*name)) else {
            continue;
        };
        sink.push_once(
            Diagnostic::new(
                &RULE,
                service.origin,
                format!("`{}` cannot join network `{name}`", service.name),
            )
            .here("a pod is in the network of its cluster")
            .label(host.origin, "its host is a worker of a cluster")
            .help("leave out `networks`; network policies are made from what it needs"),
        );
    }
}
