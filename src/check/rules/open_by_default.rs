//! Components that open what must stay closed.

use std::collections::BTreeSet;

use crate::catalog::component::Kind;
use crate::check::Cx;
use crate::check::facts::METRICS;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Exposure;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0412",
    name: "open-by-default",
    level: Level::Deny,
    summary: "a component opens a sensitive interface to the internet by default",
    docs: r##"## What
The data of a component says `exposure: public` for metrics, for an interface with a shared secret or one that is marked sensitive, or for any interface of a signer or database.

## Why
Whoever uses the component opens the door without a line in the manifest that says so.

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
      metrics: { port: 9100, protocol: http, exposure: public }
    sources: [ documentation of Foo ]
services: { foo: { host: a, component: foo } }
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
      metrics: { port: 9100, protocol: http, exposure: private }
    sources: [ documentation of Foo ]
services: { foo: { host: a, component: foo } }
```
"##,
};

/// Reports interfaces that are public because their component says so.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        let component = &service.component;
        let guarded = matches!(component.kind, Kind::Signer | Kind::Database);
        for listener in &service.listeners {
            let Some(declared) = component.provides.get(&listener.interface) else { continue };
            let sensitive =
                guarded || declared.sensitive || declared.auth.is_some() || listener.interface == METRICS;
            let public = listener.exposure == Exposure::Public && !listener.exposure_origin.is_somewhere();
            if !sensitive
                || !public
                || !told.insert((component.component.value.as_str(), &listener.interface))
            {
                continue;
            }
            sink.push(
                Diagnostic::new(
                    &RULE,
                    service.origin,
                    format!("`{}` of `{}` is open to the internet", listener.interface, service.name),
                )
                .here("by its component, without a word here")
                .label(component.component.span, "says `exposure: public`")
                .help(format!(
                    "write `exposure: private` in the component, or `expose: {{ {}: private }}` here",
                    listener.interface
                )),
            );
        }
    }
}
