//! Services without a limit.

use std::collections::BTreeSet;

use crate::catalog::component::Run;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0708",
    name: "unlimited-memory",
    level: Level::Warn,
    summary: "a service may take all the memory of its host",
    docs: r##"## What
Real value is at stake, a service has no memory limit (neither the manifest nor its component gives one), and it is not alone on its host.

## Why
When it leaks, the kernel kills whichever process is largest: the validator beside it.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts: { a: { address: 203.0.113.10 } }
components:
  foo:
    component: foo
    summary: A node of the Foo chain
    kind: chain-node
    version: { tested: 1.0.0 }
    image: registry.demo.dev/foo
    provides:
      p2p: { port: 26656, exposure: public }
      metrics: { port: 26660, protocol: http, path: /metrics }
    volumes: { data: { path: /data } }
    stop: { grace: 2m }
    metrics: { foo_height: { type: gauge, help: Height of the head } }
    sources: [ documentation of Foo ]
services: { el: { host: a, component: geth }, foo: { host: a, component: foo } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts: { a: { address: 203.0.113.10 } }
components:
  foo:
    component: foo
    summary: A node of the Foo chain
    kind: chain-node
    version: { tested: 1.0.0 }
    image: registry.demo.dev/foo
    provides:
      p2p: { port: 26656, exposure: public }
      metrics: { port: 26660, protocol: http, path: /metrics }
    volumes: { data: { path: /data } }
    stop: { grace: 2m }
    metrics: { foo_height: { type: gauge, help: Height of the head } }
    sources: [ documentation of Foo ]
services: { el: { host: a, component: geth }, foo: { host: a, component: foo, resources: { memory: 4GiB } } }
```
"##,
};

/// Looks at services that stay and share their host.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    if !cx.at_stake() {
        return;
    }
    for service in &cx.topology.services {
        let stays = service.component.run == Run::Service;
        let shared = cx.topology.hosts[service.host].services.len() > 1;
        if service.memory.is_some() || !stays || !shared || !told.insert(service.origin) {
            continue;
        }
        sink.push(
            Diagnostic::new(&RULE, service.origin, format!("`{}` has no memory limit", service.name))
                .here("may take all there is")
                .label(cx.topology.hosts[service.host].origin, "shares this host with other services")
                .help("add `resources: { memory: <size> }`"),
        );
    }
}
