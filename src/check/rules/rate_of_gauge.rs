//! Rates of what goes up and down.

use std::collections::BTreeSet;

use crate::catalog::component::{Metric, MetricType};
use crate::check::Cx;
use crate::check::scraped::Part;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0809",
    name: "rate-of-gauge",
    level: Level::Deny,
    summary: "a function does not fit the type of its metric",
    docs: r##"## What
`rate`, `irate`, `increase` or `resets` is used on a metric whose component says that it is a gauge, or `delta`, `deriv` or `predict_linear` on a counter.

## Why
Functions of counters take every fall for a restart and add it; functions of gauges take every restart for a fall. The result is a number, and it is wrong.

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

const OF_COUNTERS: &[&str] = &["rate", "irate", "increase", "resets"];
const OF_GAUGES: &[&str] =
    &["delta", "idelta", "deriv", "predict_linear", "holt_winters", "double_exponential_smoothing"];

/// Looks at the function around each metric.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(scraped) = cx.scraped() else { return };
    let mut told = BTreeSet::new();
    for (expression, query) in scraped.queries() {
        for selector in query.selectors() {
            let (Some(function), Some(metric)) = (&selector.function, &selector.metric) else { continue };
            let found = scraped.found(&selector);
            let all = |wanted: bool| {
                !found.is_empty() && found.iter().all(|(_, metric, part)| grows(metric, *part) == wanted)
            };
            let (kind, here, help) = if OF_COUNTERS.contains(&function.as_str()) && all(false) {
                let help = "use `delta`, `deriv` or `changes`; if it only grows, say `type: counter` under `metrics:`";
                ("gauge", "goes up and down", help)
            } else if OF_GAUGES.contains(&function.as_str()) && all(true) {
                let help =
                    "use `increase` or `rate`; if it goes down, too, say `type: gauge` under `metrics:`";
                ("counter", "starts at zero again with its program", help)
            } else {
                continue;
            };
            let place = expression.place(cx, metric);
            if !told.insert(place) {
                continue;
            }
            let message = format!("{} takes `{function}` of the {kind} `{metric}`", expression.asked.title());
            let mut diagnostic = Diagnostic::new(&RULE, place, message).here(here);
            if let Some(service) = expression.service {
                diagnostic = diagnostic.label(service.component.component.span, "its component says so");
            }
            sink.push(diagnostic.help(help));
        }
    }
}

/// Whether it only grows; a quantile of a summary does not.
fn grows(metric: &Metric, part: Part) -> bool {
    part != Part::Whole || matches!(metric.kind, MetricType::Counter | MetricType::Meter)
}
