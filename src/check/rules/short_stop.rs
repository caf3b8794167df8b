//! Programs that are killed before they have written.

use std::collections::BTreeSet;

use crate::catalog::component::Kind;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0707",
    name: "short-stop",
    level: Level::Warn,
    summary: "a component with a database has little time to stop",
    docs: r##"## What
A client or database that keeps state on disk has less than a minute to stop: by `stop-timeout` of the service, by `stop: { grace: ... }` of its component, or since neither is there, which is 30 seconds.

## Why
What is not finished when the time is over is killed in the middle of a write. Execution clients need minutes to write what they hold in memory, and repair or sync for hours when they could not.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
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
    metrics: { foo_height: { type: gauge, help: Height of the head } }
    sources: [ documentation of Foo ]
services: { foo: { host: a, component: foo } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
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
services: { foo: { host: a, component: foo } }
```
"##,
};

/// The least time for a program with a database, in seconds.
const LEAST: u64 = 60;

/// Looks at components that keep the state of a chain.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        let component = &service.component;
        let kind = matches!(
            component.kind,
            Kind::ExecutionClient | Kind::ConsensusClient | Kind::ChainNode | Kind::Database
        );
        let keeps = service.volumes.iter().any(|volume| !volume.lent);
        let grace = service.stop_timeout;
        if !kind || !keeps || grace.0 >= LEAST || !told.insert(component.component.value.as_str()) {
            continue;
        }
        sink.push(
            Diagnostic::new(
                &RULE,
                component.component.span,
                format!("`{}` has {grace} to stop", component.component),
            )
            .here("then it is killed")
            .label(service.origin, "keeps a database on disk")
            .help(
                "add `stop: { signal: <what it takes>, grace: 5m }` to the component, from its documentation, or a longer `stop-timeout` to the service",
            ),
        );
    }
}
