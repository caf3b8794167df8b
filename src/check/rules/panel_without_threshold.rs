//! Panels judged by an alert about something else.

use crate::catalog::bound::bounds;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0851",
    name: "panel-without-threshold",
    level: Level::Warn,
    summary: "a panel names an alert that compares no number with what the panel shows",
    docs: r##"## What
A panel names an alert under `alerts:`, but the alert compares other metrics with a number than those of any query of the panel, or compares them with no number.

## Why
The threshold in the panel is that of the alert. Where the alert is about something else, or its number is in another unit, there is no threshold that could be drawn, and a reader misses it.

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
    metrics:
      foo_peers: { type: gauge, help: Peers connected }
      foo_height: { type: gauge, help: Height of the head }
    sources: [ documentation of Foo ]
    alerts:
      FooLonely:
        expr: 'foo_peers{ {{ selector }} } < 3'
        for: 5m
        severity: P3
        summary: Few peers
        meaning: The node hears of blocks late.
        actions: [Look at its firewall.]
        test: { fires: [], silent: [] }
    dashboard:
      title: Foo
      rows:
        - title: Peers
          panels:
            - title: Peers
              type: timeseries
              alerts: [FooLonely]
              queries: [{ expr: 'foo_height{ {{ selector }} }', legend: '{{service}}' }]
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
    metrics:
      foo_peers: { type: gauge, help: Peers connected }
      foo_height: { type: gauge, help: Height of the head }
    sources: [ documentation of Foo ]
    alerts:
      FooLonely:
        expr: 'foo_peers{ {{ selector }} } < 3'
        for: 5m
        severity: P3
        summary: Few peers
        meaning: The node hears of blocks late.
        actions: [Look at its firewall.]
        test: { fires: [], silent: [] }
    dashboard:
      title: Foo
      rows:
        - title: Peers
          panels:
            - title: Peers
              type: timeseries
              alerts: [FooLonely]
              queries: [{ expr: 'foo_peers{ {{ selector }} }', legend: '{{service}}' }]
services: { foo: { host: a, component: foo } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
```
"##,
};

/// Compares the metrics of each panel with those of the bounds of its alerts.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for (service, entry, panel) in cx.panels() {
        let shown: Vec<String> = panel.queries.iter().map(|query| without_templates(&query.expr)).collect();
        for name in &panel.alerts {
            let Some(alert) = entry.alerts.alerts.get(&name.value) else { continue };
            let bounds = bounds(&without_templates(&alert.expr));
            if bounds.iter().any(|bound| shown.iter().any(|expr| bound.is_of(expr))) {
                continue;
            }
            sink.push(
                Diagnostic::new(
                    &RULE,
                    name.span,
                    format!("alert `{name}` sets no bound to what panel `{}` shows", panel.title),
                )
                .here("no threshold follows from it")
                .label(service.origin, format!("scraped as `{}`", service.component.component))
                .help("show what the alert compares, or take the alert out of the panel"),
            );
        }
    }
}

/// An expression with a number for each template in it.
fn without_templates(expr: &str) -> String {
    let (mut out, mut rest) = (String::new(), expr);
    while let Some((before, inside)) = rest.split_once("{{") {
        out.push_str(before);
        out.push('1');
        rest = inside.split_once("}}").map_or("", |(_, after)| after);
    }
    out + rest
}
