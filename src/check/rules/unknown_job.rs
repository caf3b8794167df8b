//! Alerts about jobs that are not scraped.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0811",
    name: "unknown-job",
    level: Level::Deny,
    summary: "an expression asks for a job that is not scraped",
    docs: r##"## What
A matcher on the label `job` names something that is no scrape job of this network. Jobs are named after the components that are scraped.

## Why
The alert sees no series and never fires. It is what happens to `up{job="alertmanager"}` where nobody scrapes Alertmanager.

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
      FooDown:
        expr: 'up{job="foo-node"} == 0'
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
      FooDown:
        expr: 'up{job="foo"} == 0'
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

/// Looks at what each selector asks of the label `job`.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(scraped) = cx.scraped() else { return };
    let mut told = BTreeSet::new();
    for (expression, query) in scraped.queries().filter(|(expression, _)| expression.own) {
        for selector in query.selectors() {
            let asked =
                selector.matchers.iter().filter(|m| m.label == "job" && m.asks() && !m.value.is_empty());
            for matcher in asked.filter(|matcher| !scraped.jobs.keys().any(|job| matcher.matches(job))) {
                let value = &matcher.value;
                let place = expression.place(cx, value);
                if !told.insert(place) {
                    continue;
                }
                let mut diagnostic = Diagnostic::new(
                    &RULE,
                    place,
                    format!("{} asks for the job `{value}`, which is not scraped", expression.asked.title()),
                )
                .here("no such job");
                if let Some(service) = expression.service {
                    diagnostic =
                        diagnostic.label(service.origin, format!("scraped as `{}`", expression.component()));
                }
                sink.push(diagnostic.suggest(value, scraped.jobs.keys().copied()));
            }
        }
    }
}
