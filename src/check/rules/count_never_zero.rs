//! Counts that are never zero.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0810",
    name: "count-never-zero",
    level: Level::Deny,
    summary: "an alert waits for a count of zero, which no count ever is",
    docs: r##"## What
An expression compares `count(...)` with zero (`== 0`, `< 1`).

## Why
Where nothing is left to count, the result is empty and not zero. The alert "the whole region is down" is the one that never fires.

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
      FooRegionDown:
        expr: 'count by (region) (foo_height{ {{ selector }} } > 0) == 0'
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
      FooRegionDown:
        expr: 'absent(foo_height{ {{ selector }} } > 0)'
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

/// Looks at every alert; a panel with no data is no danger.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(scraped) = cx.scraped() else { return };
    for expression in scraped.expressions.iter().filter(|e| e.alert && e.query.count_is_zero) {
        sink.push(
            Diagnostic::new(&RULE, expression.place(cx, "count"), format!("{} can never fire", expression.what))
                .here("empty where there is nothing to count, and not 0")
                .label(expression.service.origin, format!("scraped as `{}`", expression.service.component.component))
                .help("add up instead: `sum by (...) (up) == 0`, or `(count(...) or vector(0)) == 0`, or `absent(...)`"),
        );
    }
}
