//! Coverage of what there is not.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::text::Spanned;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0830",
    name: "covers-unknown",
    level: Level::Deny,
    summary: "an alert covers something that does not exist",
    docs: r##"## What
`covers` of an alert names a component that there is none of (`only`, `except`, `except-residents`), or an interface that its component does not need (`needs`).

## Why
The name matches nothing, so the alert covers other failures than it seems to: with a wrong `only` none, with a wrong `except` too many.

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
    alerts:
      FooNoRelays:
        expr: "foo_relays{ {{ selector }} } == 0"
        for: 5m
        severity: P3
        summary: No relay answers
        meaning: Blocks are built locally and earn less.
        actions: [ Look at the status pages of the relays. ]
        covers: { service: [no-upstream], only: [fooo] }
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
        covers: { service: [no-upstream], only: [foo] }
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

/// Looks at the alerts of every component in use.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let known: Vec<&str> = cx.catalog.ids().collect();
    let mut seen = std::collections::BTreeSet::new();
    for service in &cx.topology.services {
        let component = &service.component;
        let id = component.component.value.as_str();
        let Some(entry) = cx.catalog.used(id).filter(|entry| entry.own && seen.insert(id)) else { continue };
        for (alert, covers) in entry.alerts.alerts.iter().map(|(name, alert)| (name, &alert.covers)) {
            let mut unknown = |name: &Spanned<String>, what: &str, candidates: Vec<&str>| {
                let message = format!("alert `{alert}` covers the {what} `{name}`, which there is not");
                sink.push(
                    Diagnostic::new(&RULE, name.span, message)
                        .here(format!("no such {what}"))
                        .label(component.component.span, "an alert of this component")
                        .suggest(name, candidates)
                        .help(format!("name a {what} that there is, or take it out")),
                );
            };
            for name in covers.only.iter().chain(&covers.except).chain(&covers.except_residents) {
                if !cx.catalog.has(name) {
                    unknown(name, "component", known.clone());
                }
            }
            for name in covers.needs.keys() {
                if !component.needs.contains_key(name.value.as_str()) {
                    let needs = component.needs.keys().map(String::as_str).collect();
                    unknown(name, "need", needs);
                }
            }
        }
    }
}
