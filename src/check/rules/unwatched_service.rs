//! Services without metrics.

use std::collections::BTreeSet;

use crate::catalog::component::{Kind, Run};
use crate::check::Cx;
use crate::check::facts::METRICS;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0814",
    name: "unwatched-service",
    level: Level::Warn,
    summary: "a service of a watched network exports no metrics",
    docs: r##"## What
The network has monitoring, and a client, signer, database or proxy has neither a `metrics` interface nor an exporter beside it.

## Why
No alert notices when it dies. The dashboards show everything else in green.

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
    provides: { p2p: { port: 26656, exposure: public } }
    sources: [ documentation of Foo ]
services: { foo: { host: a, component: foo } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
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
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
```
"##,
};

/// Looks at what matters; jobs end, and exporters speak for others.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    if cx.topology.monitoring.is_none() {
        return;
    }
    let exporters: BTreeSet<_> = cx
        .topology
        .services
        .iter()
        .filter(|service| service.listener(METRICS).is_some())
        .filter_map(|service| service.owner)
        .collect();
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        let component = &service.component;
        let matters = !matches!(component.kind, Kind::Exporter | Kind::Monitoring | Kind::Job | Kind::Other);
        let watched = service.listener(METRICS).is_some() || exporters.contains(&service.id);
        if !matters
            || watched
            || component.run == Run::Job
            || !told.insert(component.component.value.as_str())
        {
            continue;
        }
        sink.push(
            Diagnostic::new(&RULE, service.origin, format!("nothing watches `{}`", service.name))
                .here("exports no metrics")
                .label(component.component.span, "its component offers no `metrics`")
                .help("add `provides: { metrics: { port: ..., protocol: http, path: /metrics } }` to the component, or a companion that exports"),
        );
    }
}
