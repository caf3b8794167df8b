//! Private interfaces opened to strangers.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Exposure;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0401",
    name: "private-exposed",
    level: Level::Deny,
    summary: "a private interface is exposed to strangers",
    docs: r##"## What
An interface that its component calls private or loopback is exposed as `public` or `peers`.

## Why
Engine APIs, signers, databases, key managers and metrics have no or weak protection of their own. Whoever reaches them can stop a validator or sign with its keys.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, expose: { engine-api: public } } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, expose: { engine-api: loopback } } }
```
"##,
};

/// Reports interfaces that the manifest opens further than their component allows.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for service in &cx.topology.services {
        for listener in service.listeners.iter().filter(|l| l.exposure_origin.is_somewhere()) {
            let Some(declared) = service.component.provides.get(&listener.interface) else { continue };
            let closed = matches!(declared.exposure, Exposure::Private | Exposure::Loopback);
            let opened = matches!(listener.exposure, Exposure::Public | Exposure::Peers);
            if closed && opened {
                sink.push(
                    Diagnostic::new(
                        &RULE,
                        listener.exposure_origin,
                        format!("`{}` of `{}` is opened to strangers", listener.interface, service.name),
                    )
                    .here(format!("`{}` by its component", declared.exposure.word()))
                    .label(service.origin, "this service")
                    .help("put a proxy with TLS and rate limits in front, and expose that"),
                );
            }
        }
    }
}
