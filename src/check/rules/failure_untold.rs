//! Failures that no alert tells.

use std::collections::BTreeSet;

use crate::analyze::alerts::{Placed, coverage};
use crate::catalog::Catalog;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::text::SourceMap;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0817",
    name: "failure-untold",
    level: Level::Warn,
    summary: "a failure of a watched component that no alert tells",
    docs: r##"## What
A component is scraped, and none of its alerts tells a failure that components of its kind have.

## Why
It fails in that way, the metrics show it, and nobody is called. `netgen analyze alerts` shows who hears of what.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
components:
  foo:
    component: foo
    summary: Passes requests of builders on
    kind: block-builder
    version: { tested: 1.0.0 }
    image: registry.demo.dev/foo
    provides: { metrics: { port: 26660, protocol: http, path: /metrics } }
    metrics: { foo_relays: { type: gauge, help: Relays that answer } }
    sources: [ documentation of Foo ]
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
    summary: Passes requests of builders on
    kind: block-builder
    version: { tested: 1.0.0 }
    image: registry.demo.dev/foo
    provides: { metrics: { port: 26660, protocol: http, path: /metrics } }
    metrics: { foo_relays: { type: gauge, help: Relays that answer } }
    alerts:
      FooNoRelays:
        expr: "foo_relays{ {{ selector }} } == 0"
        for: 5m
        severity: P3
        summary: No relay answers
        meaning: Blocks are built locally and earn less.
        actions: [ Look at the status pages of the relays. ]
        covers: { service: [no-upstream] }
        test:
          fires: [{ metric: foo_relays, values: "0x90" }]
          silent: [{ metric: foo_relays, values: "2x90" }]
    sources: [ documentation of Foo ]
services: { foo: { host: a, component: foo } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
```
"##,
};

/// One finding a component. That nothing watches a service at all is another rule.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(monitoring) = cx.topology.monitoring.as_ref().filter(|_| cx.resolved) else { return };
    // Data of the binary; what is wrong with it is told where the plan is made.
    let (mut sources, mut unheard) = (SourceMap::default(), Sink::new());
    let required = Catalog::required_failures(&mut sources, &mut unheard);
    let of_network = cx.catalog.network_alerts(monitoring.slo.is_some(), &mut sources, &mut unheard);
    let used: BTreeSet<&str> =
        cx.topology.services.iter().map(|service| service.component.component.value.as_str()).collect();
    let of_components = used
        .into_iter()
        .filter_map(|id| Some((id, cx.catalog.used(id)?)))
        .flat_map(|(id, entry)| entry.alerts.alerts.iter().map(move |alert| (Some(id), alert)));
    let alerts: Vec<Placed<'_>> = of_network
        .iter()
        .map(|alert| (None, alert))
        .chain(of_components)
        .map(|(component, (name, alert))| Placed {
            name,
            component,
            severity: alert.severity,
            heartbeat: alert.heartbeat,
            lines: false,
            covers: &alert.covers,
        })
        .collect();
    let mut told = BTreeSet::new();
    for row in coverage(cx.topology, &alerts, &required).rows {
        let open: Vec<_> =
            row.cells.iter().filter(|cell| cell.required && !cell.uncovered.is_empty()).collect();
        let (Some(component), Some(first), true) = (&row.component, open.first(), row.watched) else {
            continue;
        };
        let service = cx.topology.services.iter().find(|s| first.uncovered.contains(&s.name));
        let Some(service) = service.filter(|_| told.insert(component.clone())) else { continue };
        let words: Vec<String> = open.iter().map(|cell| format!("`{}`", cell.failure.word())).collect();
        sink.push(
            Diagnostic::new(
                &RULE,
                service.origin,
                format!("no alert tells that `{}` fails by {}", service.name, words.join(", ")),
            )
            .here("nobody is called")
            .label(service.component.component.span, "the alerts of this component tell other failures")
            .help(if cx.catalog.used(component).is_some_and(|entry| entry.own) {
                format!(
                    "add an alert with `covers: {{ service: [{}] }}` to the alerts of `{component}`",
                    first.failure.word()
                )
            } else {
                format!(
                    "an alert of a component of yours that uses `{}` can tell it: \
                     `covers: {{ needs: {{ <interface>: [{}] }} }}`",
                    service.name,
                    first.failure.word()
                )
            }),
        );
    }
}
