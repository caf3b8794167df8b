//! A fresh signing history at every start.

use std::collections::BTreeSet;

use crate::catalog::setting::Purpose;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0453",
    name: "new-signing-history",
    level: Level::Warn,
    summary: "a lost signing history would silently be replaced by an empty one",
    docs: r##"## What
The setting that makes a new slashing-protection database is on.

## Why
It is right for the first start of keys that never signed. Left on, a client whose disk was lost starts with an empty history and signs again what it signed already: slashed.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
  vc: { host: a, component: lighthouse-validator, settings: { fee-recipient: "0x8943545177806ed17b9f23f0a21ee5948ecaa776", init-slashing-protection: true } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
  vc: { host: a, component: lighthouse-validator, settings: { fee-recipient: "0x8943545177806ed17b9f23f0a21ee5948ecaa776" } }
```
"##,
};

/// Looks at the setting wherever a component has it.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    if cx.in_development() {
        return;
    }
    for service in &cx.topology.services {
        for (name, value, origin) in cx.meant(service, Purpose::NewSlashingProtection) {
            if value.as_bool() == Some(true) && told.insert(origin) {
                sink.push(
                    Diagnostic::new(&RULE, origin, format!("`{}` would begin a new signing history", service.name))
                        .here("only for keys that never signed anything")
                        .help(format!("take `{name}` out after the first start; for keys that have signed, import their history instead")),
                );
            }
        }
    }
}
