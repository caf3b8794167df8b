//! Signers that sign everything.

use std::collections::BTreeSet;

use crate::catalog::setting::Purpose;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0454",
    name: "slashing-protection-off",
    level: Level::Deny,
    summary: "slashing protection is switched off",
    docs: r##"## What
A setting that its component marks as slashing protection is off.

## Why
The signer then signs whatever it is asked to, twice for one slot too. One restart of a client with an older state is enough to be slashed.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
components:
  keeper:
    component: keeper
    summary: A signer of the Foo chain
    kind: signer
    version: { tested: 1.0.0 }
    image: registry.demo.dev/keeper
    provides:
      remote-signer: { port: 9000, protocol: http }
    settings:
      slashing-protection: { type: boolean, default: true, purpose: slashing-protection, doc: Refuse to sign twice }
    volumes: { history: { path: /var/lib/keeper, backup: true } }
    sources: [ documentation of Foo ]
services: { signer: { host: a, component: keeper, settings: { slashing-protection: false } } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
components:
  keeper:
    component: keeper
    summary: A signer of the Foo chain
    kind: signer
    version: { tested: 1.0.0 }
    image: registry.demo.dev/keeper
    provides:
      remote-signer: { port: 9000, protocol: http }
    settings:
      slashing-protection: { type: boolean, default: true, purpose: slashing-protection, doc: Refuse to sign twice }
    volumes: { history: { path: /var/lib/keeper, backup: true } }
    sources: [ documentation of Foo ]
services: { signer: { host: a, component: keeper } }
```
"##,
};

/// Looks at the setting wherever a component has it.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        for (name, value, origin) in cx.meant(service, Purpose::SlashingProtection) {
            if value.as_bool() == Some(false) && told.insert(origin) {
                sink.push(
                    Diagnostic::new(
                        &RULE,
                        origin,
                        format!("`{}` signs without slashing protection", service.name),
                    )
                    .here(format!("`{name}` is off"))
                    .help("leave it on; it costs one look into a database for each signature"),
                );
            }
        }
    }
}
