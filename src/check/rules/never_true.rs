//! Comparisons and matches that never hold.

use crate::check::{Cx, What};
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::query::Kind;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0810",
    name: "never-true",
    level: Level::Deny,
    summary: "an alert waits for what can never be",
    docs: r##"## What
A comparison in an alert holds for no value that its series can take: `count(...) == 0`, `up > 1`, `absent(...) == 0`, `rate(...) < 0`. Or two sides are matched that have no labels in common: all series of one side have a label that none of the other has.

## Why
Where nothing is left to count, the result is empty and not zero. The alert "the whole region is down" is the one that never fires. Series that differ in one label are never matched, and an expression over no pair is empty.

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

/// Looks at every alert and recording rule; a panel with no data is no danger.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(scraped) = cx.scraped() else { return };
    let judged = scraped.queries().filter(|(one, _)| !matches!(one.asked.what, What::Panel { .. }));
    for (expression, query) in judged {
        let title = expression.asked.title();
        let end = if expression.asked.is_alert() { "can never fire" } else { "is always empty" };
        let dead = query.is_empty(scraped);
        for never in query.never(scraped) {
            let message =
                if dead { format!("{title} {end}") } else { format!("a part of {title} never holds") };
            let place = expression.place(cx, &never.word);
            let mut diagnostic = Diagnostic::new(&RULE, place, message).here(never.why);
            if let Some(service) = expression.service {
                diagnostic =
                    diagnostic.label(service.origin, format!("scraped as `{}`", expression.component()));
            }
            diagnostic = match never.kind {
                Kind::Comparison => diagnostic
                    .help(format!("`{}` has no result", never.part))
                    .help("where nothing is left to count, the result is empty and not zero: add up (`sum by (...) (up) == 0`), or `(count(...) or vector(0)) == 0`, or `absent(...)`"),
                Kind::Match(label) => diagnostic
                    .help(format!("say which labels must be equal: `on (...)`, or `ignoring ({label})`"))
                    .help("where one side has more series than the other, add `group_left ()` or `group_right ()`"),
            };
            sink.push(diagnostic);
        }
    }
}
