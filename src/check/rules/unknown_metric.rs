//! Alerts and panels about metrics that nobody exports.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink, did_you_mean};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0808",
    name: "unknown-metric",
    level: Level::Deny,
    summary: "an expression asks for a metric that nothing in the network exports",
    docs: r##"## What
An alert or a panel names a metric, and no component that is scraped here lists it under `metrics:`.

## Why
The expression is valid and gives nothing, so the alert never fires. A linter of Prometheus cannot see it: only the list of what is exported can.

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
    stop: { grace: 2m }
    metrics: { foo_height: { type: gauge, help: Height of the head } }
    sources: [ documentation of Foo ]
    alerts:
      FooStalled:
        expr: 'changes(foo_heigth{ {{ selector }} }[5m]) == 0'
        for: 5m
        severity: P2
        summary: The head does not move
        meaning: The node is stuck.
        actions: [Restart it.]
        test: { fires: [], silent: [] }
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
    alerts:
      FooStalled:
        expr: 'changes(foo_height{ {{ selector }} }[5m]) == 0'
        for: 5m
        severity: P2
        summary: The head does not move
        meaning: The node is stuck.
        actions: [Restart it.]
        test: { fires: [], silent: [] }
services: { foo: { host: a, component: foo } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
```
"##,
};

/// Series that Prometheus makes itself.
const OWN: &[&str] = &[
    "up",
    "ALERTS",
    "ALERTS_FOR_STATE",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
];

/// Looks every metric of every expression up.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(scraped) = cx.scraped() else { return };
    let mut told = BTreeSet::new();
    for expression in &scraped.expressions {
        for selector in &expression.query.selectors {
            let metric = selector.metric.as_str();
            if metric.is_empty() || OWN.contains(&metric) || scraped.metric(metric).is_some() {
                continue;
            }
            let place = expression.place(cx, metric);
            if !told.insert((place, metric)) {
                continue;
            }
            let component = &expression.service.component.component;
            // Where no name is near, only those of the component itself are worth a list.
            let near = did_you_mean(metric, scraped.metrics.keys().copied());
            let own = expression.service.component.metrics.keys().map(String::as_str);
            let known: Vec<&str> = near.map_or_else(|| own.collect(), |near| vec![near]);
            let end = if expression.alert { "can never fire" } else { "stays empty" };
            sink.push(
                Diagnostic::new(
                    &RULE,
                    place,
                    format!("nothing exports `{metric}`: {} {end}", expression.what),
                )
                .here("no such metric")
                .label(expression.service.origin, format!("scraped as `{component}`"))
                .suggest(metric, known)
                .help(format!("if `{component}` exports it, add it under its `metrics:`")),
            );
        }
    }
}
