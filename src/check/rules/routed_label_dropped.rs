//! Alerts that lose what routing needs.

use crate::check::{Cx, What};
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0823",
    name: "routed-label-dropped",
    level: Level::Warn,
    summary: "an alert drops a label that a route asks for",
    docs: r##"## What
A route asks for a region, and an aggregation in an alert of that severity drops the label `region`.

## Why
The alert has no region, so no such route takes it. The people of the region are not called; those of the last route are, and do not know where to look.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, region: eu } }
regions: { eu: {} }
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
    alerts:
      FooAlert:
        expr: 'sum(foo_height{ {{ selector }} }) == 0'
        for: 5m
        severity: P2
        summary: Something is wrong
        meaning: The node is stuck.
        actions: [Restart it.]
        test: { fires: [], silent: [] }
services: { foo: { host: a, component: foo } }
secrets: { pagerduty: { env: PAGERDUTY_KEY }, eu: { env: EU_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } }, eu: { pagerduty: { secret: eu } } }
  routes: [{ region: [eu], to: eu }, { to: oncall }]
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, region: eu } }
regions: { eu: {} }
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
    alerts:
      FooAlert:
        expr: 'sum by (region) (foo_height{ {{ selector }} }) == 0'
        for: 5m
        severity: P2
        summary: Something is wrong
        meaning: The node is stuck.
        actions: [Restart it.]
        test: { fires: [], silent: [] }
services: { foo: { host: a, component: foo } }
secrets: { pagerduty: { env: PAGERDUTY_KEY }, eu: { env: EU_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } }, eu: { pagerduty: { secret: eu } } }
  routes: [{ region: [eu], to: eu }, { to: oncall }]
```
"##,
};

/// Compares every alert with the routes. Ours that speak of a whole network have no region on purpose.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let (Some(scraped), Some(monitoring)) = (cx.scraped(), &cx.topology.monitoring) else { return };
    for (expression, query) in scraped.queries().filter(|(expression, _)| expression.own) {
        let What::Alert { severity, .. } = &expression.asked.what else { continue };
        let asks = |route: &&crate::topology::Route| {
            !route.regions.is_empty() && (route.severities.is_empty() || route.severities.contains(severity))
        };
        let Some(route) = monitoring.narrow_routes().iter().find(asks) else { continue };
        if !query.drops("region", scraped) {
            continue;
        }
        sink.push(
            Diagnostic::new(
                &RULE,
                expression.asked.origin,
                format!("{} drops the label `region`, which a route asks for", expression.asked.title()),
            )
            .here("its result has no region")
            .label(route.origin, "this route never takes it")
            .help("keep the label: add `region` after `by`, or use `without` with the labels that must go"),
        );
    }
}
