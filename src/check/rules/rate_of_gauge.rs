//! Rates of what goes up and down.

use std::collections::BTreeSet;

use crate::catalog::component::MetricType;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0809",
    name: "rate-of-gauge",
    level: Level::Deny,
    summary: "a rate is taken of a gauge",
    docs: r##"## What
`rate`, `irate` or `increase` is used on a metric whose component says that it is a gauge.

## Why
These functions take every fall for a restart of a counter and add it. The result is a number, and it is wrong.

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
        expr: 'rate(foo_height{ {{ selector }} }[5m]) == 0'
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
        expr: 'delta(foo_height{ {{ selector }} }[5m]) == 0'
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

const OF_COUNTERS: &[&str] = &["rate", "irate", "increase"];

/// Looks at the function around each metric.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(scraped) = cx.scraped() else { return };
    let mut told = BTreeSet::new();
    for expression in &scraped.expressions {
        for selector in &expression.query.selectors {
            let Some(function) = selector.function.as_deref().filter(|f| OF_COUNTERS.contains(f)) else {
                continue;
            };
            let metric = selector.metric.as_str();
            if scraped.metric(metric).is_none_or(|m| m.kind != MetricType::Gauge) {
                continue;
            }
            let place = expression.place(cx, metric);
            if told.insert(place) {
                sink.push(
                    Diagnostic::new(&RULE, place, format!("{} takes `{function}` of the gauge `{metric}`", expression.what))
                        .here("goes up and down")
                        .label(expression.service.component.component.span, "its component says so")
                        .help("use `delta`, `deriv` or `changes`; if it only grows, say `type: counter` under `metrics:`"),
                );
            }
        }
    }
}
