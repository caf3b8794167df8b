//! Expressions that Prometheus cannot read.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0820",
    name: "bad-query",
    level: Level::Deny,
    summary: "an expression is no PromQL",
    docs: r##"## What
The expression of an alert, a recording rule or a panel does not follow the grammar of PromQL, or gives a function something of the wrong type.

## Why
Prometheus refuses the whole file of rules and keeps the old one, so no alert of the new network exists. A panel shows an error.

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
        expr: 'foo_height{ {{ selector }} } > > 100'
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
        expr: 'foo_height{ {{ selector }} } > 100'
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

/// Looks at every expression.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(scraped) = cx.scraped() else { return };
    for expression in &scraped.expressions {
        let Err(problem) = &expression.query else { continue };
        let origin = expression.asked.origin;
        let place = problem.word.as_ref().map_or(origin, |word| cx.nth_word(origin, word, problem.earlier));
        let mut diagnostic = Diagnostic::new(
            &RULE,
            place,
            format!("{} is no PromQL: {}", expression.asked.title(), problem.message),
        )
        .here("Prometheus reads no further");
        if let Some(service) = expression.service {
            diagnostic = diagnostic.label(service.origin, format!("scraped as `{}`", expression.component()));
        }
        let rendered = &expression.asked.expr;
        sink.push(diagnostic.help(format!("this is what it becomes: `{rendered}`")));
    }
}
