//! Claims that ask for nothing.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Runtime;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0934",
    name: "claim-without-size",
    level: Level::Deny,
    summary: "a volume of a pod without a size",
    docs: r##"## What
A volume of a service on a host with the runtime `kubernetes` has no size, neither in the manifest nor in its component.

## Why
A claim asks for a number of bytes. Many storage classes cannot enlarge it later, so it is better said than guessed.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: development }
hosts: { a: { address: 203.0.113.10, runtime: kubernetes } }
components:
  foo:
    component: foo
    summary: A node of the Foo chain
    kind: chain-node
    version: { tested: "1.4" }
    image: registry.example.net/foo
    user: "10050:10050"
    volumes: { data: { path: /data } }
    sources: [ invented ]
services: { node: { host: a, component: foo } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: development }
hosts: { a: { address: 203.0.113.10, runtime: kubernetes } }
components:
  foo:
    component: foo
    summary: A node of the Foo chain
    kind: chain-node
    version: { tested: "1.4" }
    image: registry.example.net/foo
    user: "10050:10050"
    volumes: { data: { path: /data } }
    sources: [ invented ]
services: { node: { host: a, component: foo, disk: { data: { size: 200GiB } } } }
```
"##,
};

/// Looks at the volumes of pods.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for service in &cx.topology.services {
        let host = &cx.topology.hosts[service.host];
        if host.runtime != Runtime::Kubernetes {
            continue;
        }
        for volume in service.volumes.iter().filter(|volume| !volume.lent && volume.size.is_none()) {
            sink.push_once(
                Diagnostic::new(
                    &RULE,
                    service.origin,
                    format!("volume `{}` of `{}` has no size", volume.name, service.name),
                )
                .here("a claim needs one")
                .label(host.origin, "its host is a worker of a cluster")
                .help(format!(
                    "say how much it takes today: `disk: {{ {}: {{ size: 200GiB }} }}`",
                    volume.name
                )),
            );
        }
    }
}
