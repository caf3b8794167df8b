//! Quantiles of what is no histogram.

use crate::check::Cx;
use crate::check::scraped::Part;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0822",
    name: "quantile-without-buckets",
    level: Level::Deny,
    summary: "a quantile is taken of what has no buckets",
    docs: r##"## What
`histogram_quantile` gets series without the label `le`: no `_bucket` of a histogram, or buckets whose `le` an aggregation dropped.

## Why
The result is empty. The panel stays blank, and the alert about latency never fires.

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
    metrics: { foo_seconds: { type: histogram, help: Time of a request, unit: seconds } }
    sources: [ documentation of Foo ]
    alerts:
      FooAlert:
        expr: 'histogram_quantile(0.95, sum by (host) (rate(foo_seconds_bucket{ {{ selector }} }[5m]))) > 2'
        for: 5m
        severity: P2
        summary: Something is wrong
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
    metrics: { foo_seconds: { type: histogram, help: Time of a request, unit: seconds } }
    sources: [ documentation of Foo ]
    alerts:
      FooAlert:
        expr: 'histogram_quantile(0.95, sum by (host, le) (rate(foo_seconds_bucket{ {{ selector }} }[5m]))) > 2'
        for: 5m
        severity: P2
        summary: Something is wrong
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

/// Looks at every function of buckets.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(scraped) = cx.scraped() else { return };
    for (expression, query) in scraped.queries() {
        for (function, metric) in query.without_buckets(scraped) {
            let title = expression.asked.title();
            let mut diagnostic = Diagnostic::new(
                &RULE,
                expression.place(cx, &function),
                format!("{title}: `{function}` gets series without buckets"),
            )
            .here("the label `le` is not there");
            let selectors = query.selectors();
            let found = selectors.iter().filter(|selector| selector.metric == metric);
            let buckets =
                found.flat_map(|selector| scraped.found(selector)).any(|(_, _, part)| part == Part::Bucket);
            diagnostic = match (metric, buckets) {
                (Some(metric), false) => {
                    let place = expression.place(cx, &metric);
                    diagnostic
                        .label(place, "no bucket of a histogram")
                        .help(format!("take the `_bucket` of a histogram; of a summary, choose a `quantile`, as in `{metric}{{quantile=\"0.95\"}}`"))
                }
                _ => diagnostic.help("keep the label: `sum by (le, ...)`"),
            };
            sink.push(diagnostic);
        }
    }
}
