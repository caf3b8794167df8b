//! Alerts and panels about metrics that nobody exports.

use std::collections::BTreeSet;

use crate::check::scraped::{Expression, Scraped};
use crate::check::{Cx, What};
use crate::diag::{Diagnostic, Level, Rule, Sink, did_you_mean, list_names};
use crate::query::Selector;
use crate::text::Span;

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

/// Looks every metric of every expression up.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(scraped) = cx.scraped() else { return };
    let mut told = BTreeSet::new();
    for (expression, query) in scraped.queries().filter(|(expression, _)| expression.own) {
        for selector in query.selectors() {
            let Some(metric) = &selector.metric else { continue };
            // A job that nobody scrapes is told by itself.
            let found = scraped.is_made(metric)
                || !scraped.found(&selector).is_empty()
                || scraped.jobs_of(&selector).next().is_none();
            let place = expression.place(cx, metric);
            if found || !told.insert((place, metric.clone())) {
                continue;
            }
            sink.push(unknown(scraped, expression, &selector, metric, place));
        }
    }
}

fn unknown(
    scraped: &Scraped<'_>,
    expression: &Expression<'_>,
    selector: &Selector,
    metric: &str,
    place: Span,
) -> Diagnostic {
    let component = expression.component();
    let title = expression.asked.title();
    let end = match expression.asked.what {
        What::Alert { .. } => "can never fire",
        What::Record { .. } | What::Panel { .. } => "stays empty",
    };
    let elsewhere = scraped.exporters(metric);
    if !elsewhere.is_empty() {
        let asked: Vec<&str> = scraped.jobs_of(selector).map(|(job, _)| job).collect();
        let message =
            format!("{} does not export `{metric}`: {title} {end}", list_names(asked.iter().copied(), 3));
        let by = list_names(elsewhere.iter().copied(), 3);
        return Diagnostic::new(&RULE, place, message)
            .here("asked of a job that does not have it")
            .help(format!("{by} exports it: ask for that job"));
    }
    let mut diagnostic = Diagnostic::new(&RULE, place, format!("nothing exports `{metric}`: {title} {end}"))
        .here("no such metric");
    if let Some(service) = expression.service {
        diagnostic = diagnostic.label(service.origin, format!("scraped as `{component}`"));
    }
    // Where no name is near, only those of the component itself are worth a list.
    let near = did_you_mean(metric, scraped.metric_names());
    let own = scraped.jobs.get(component).into_iter().flat_map(|job| job.metrics.keys().copied());
    let known: Vec<&str> = near.map_or_else(|| own.collect(), |near| vec![near]);
    diagnostic
        .suggest(metric, known)
        .help(format!("if `{component}` exports it, add it under its `metrics:`"))
}
