//! Alerts that always fire.

use crate::check::{Cx, What};
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::query::Why;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0824",
    name: "always-fires",
    level: Level::Deny,
    summary: "an alert fires as long as its series exist",
    docs: r##"## What
The expression of an alert has a result for every value of its series: nothing is compared, a comparison has `bool`, or it holds for every value (`up >= 0`). An alert with `heartbeat: true` may.

## Why
An alert fires where its expression has a result, be it 0. People learn to look away from an alert that is always there.

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
      FooAlert:
        expr: 'foo_height{ {{ selector }} } == bool 0'
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
    metrics: { foo_height: { type: gauge, help: Height of the head } }
    sources: [ documentation of Foo ]
    alerts:
      FooAlert:
        expr: 'foo_height{ {{ selector }} } == 0'
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
      FooAlert:
        expr: 'vector(1)'
        for: 5m
        severity: P2
        summary: Something is wrong
        meaning: The node is stuck.
        actions: [Restart it.]
        heartbeat: true
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

/// Looks at every alert.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(scraped) = cx.scraped() else { return };
    for (expression, query) in scraped.queries() {
        let What::Alert { heartbeat: false, .. } = &expression.asked.what else { continue };
        let Some(why) = query.unconditional(scraped) else { continue };
        let (place, here, help) = match why {
            Why::NoComparison => (
                expression.asked.origin,
                "nothing is compared".to_owned(),
                "compare with a threshold, as in `... > 5`, or ask for absence with `absent(...)`",
            ),
            Why::Bool => (
                expression.place(cx, "bool"),
                "gives 0 or 1, and both fire".to_owned(),
                "leave `bool` out, so that the comparison keeps only what it holds for",
            ),
            Why::Always(part) => (
                expression.asked.origin,
                format!("`{part}` holds for every value"),
                "choose a threshold that healthy values do not reach",
            ),
        };
        let title = expression.asked.title();
        let mut diagnostic =
            Diagnostic::new(&RULE, place, format!("{title} fires as long as its series exist")).here(here);
        if let Some(service) = expression.service {
            diagnostic = diagnostic.label(service.origin, format!("scraped as `{}`", expression.component()));
        }
        sink.push(diagnostic.help(help).help("an alert that should always fire says `heartbeat: true`"));
    }
}
