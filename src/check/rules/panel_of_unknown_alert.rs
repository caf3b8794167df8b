//! Panels that name an alert which their component does not have.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0850",
    name: "panel-of-unknown-alert",
    level: Level::Deny,
    summary: "a panel takes its thresholds from an alert that does not exist",
    docs: r##"## What
A panel of a dashboard names under `alerts:` an alert that is not among the alerts of its component.

## Why
The panel would have no threshold and no link to a runbook, and everybody would take its lines for healthy.

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
              alerts: [FooLonley]
              queries: [{ expr: 'foo_peers{ {{ selector }} }', legend: '{{service}}' }]
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

/// Looks every name up among the alerts of the component.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for (service, entry, panel) in cx.panels() {
        let known = || entry.alerts.alerts.keys().map(String::as_str);
        for name in panel.alerts.iter().filter(|name| !entry.alerts.alerts.contains_key(&name.value)) {
            let component = &service.component.component;
            sink.push(
                Diagnostic::new(
                    &RULE,
                    name.span,
                    format!(
                        "`{component}` has no alert `{name}`, which panel `{}` is judged by",
                        panel.title
                    ),
                )
                .here("no such alert")
                .label(service.origin, format!("scraped as `{component}`"))
                .suggest(name, known())
                .help("name an alert of the same component, or take the name out"),
            );
        }
    }
}
