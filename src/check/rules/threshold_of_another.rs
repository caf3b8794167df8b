//! One threshold for services with different settings.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::template::spoken;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0813",
    name: "threshold-of-another",
    level: Level::Warn,
    summary: "an alert takes its threshold from the settings of one service and is used for all",
    docs: r##"## What
An alert of a component uses a setting in its expression, and services of that component have different values of it.

## Why
One alert speaks for all services of a component. The threshold fits the first of them and contradicts the configuration of the others.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
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
    settings: { pool-limit: { type: integer, default: 1000, doc: Most transactions that wait } }
    volumes: { data: { path: /data } }
    stop: { grace: 2m }
    metrics: { foo_pool: { type: gauge, help: Transactions that wait } }
    sources: [ documentation of Foo ]
    alerts:
      FooPoolFull:
        expr: 'foo_pool{ {{ selector }} } > 0.9 * {{ settings.pool_limit }}'
        for: 5m
        severity: P2
        summary: The head does not move
        meaning: The node is stuck.
        actions: [Restart it.]
        test: { fires: [], silent: [] }
services:
  one: { host: a, component: foo }
  two: { host: b, component: foo, settings: { pool-limit: 50000 } }
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
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
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
    settings: { pool-limit: { type: integer, default: 1000, doc: Most transactions that wait } }
    volumes: { data: { path: /data } }
    stop: { grace: 2m }
    metrics: { foo_pool: { type: gauge, help: Transactions that wait } }
    sources: [ documentation of Foo ]
    alerts:
      FooPoolFull:
        expr: 'foo_pool{ {{ selector }} } > 0.9 * {{ settings.pool_limit }}'
        for: 5m
        severity: P2
        summary: The head does not move
        meaning: The node is stuck.
        actions: [Restart it.]
        test: { fires: [], silent: [] }
services:
  one: { host: a, component: foo, settings: { pool-limit: 50000 } }
  two: { host: b, component: foo, settings: { pool-limit: 50000 } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
```
"##,
};

/// Compares the values of each setting that an alert speaks of.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(scraped) = cx.scraped() else { return };
    for alert in scraped.expressions.iter().filter(|expression| expression.asked.is_alert()) {
        let Some(first) = alert.service else { continue };
        let origin = alert.asked.origin;
        // As it was written: the rendered one has a number in its place.
        let template = cx.sources.get(origin.source).map_or("", |source| source.slice(origin));
        for name in spoken_of(template) {
            let Some((name, value)) = first.settings.iter().find(|(key, _)| spoken(key) == name) else {
                continue;
            };
            let other = cx.topology.services.iter().find(|other| {
                other.component.component.value == first.component.component.value
                    && other.settings.get(name) != Some(value)
            });
            let Some(other) = other else { continue };
            let place = cx.written(other, name).map_or(other.origin, |written| written.span);
            sink.push(
                Diagnostic::new(
                    &RULE,
                    place,
                    format!(
                        "{} counts with the `{name}` of `{}` for `{}` too",
                        alert.asked.title(),
                        first.name,
                        other.name
                    ),
                )
                .here("another value")
                .label(
                    cx.written(first, name).map_or(first.origin, |written| written.span),
                    "the value that the alert takes",
                )
                .label(alert.place(cx, &spoken(name)), "used here")
                .help(format!(
                    "give both services one `{name}`, or compare with a metric that says what is configured"
                )),
            );
        }
    }
}

/// The settings in the templates of an expression.
fn spoken_of(text: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for (at, word) in text.match_indices("settings.") {
        let rest = text.get(at + word.len()..).unwrap_or("");
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        names.extend(rest.get(..end).filter(|name| !name.is_empty()));
    }
    names
}
