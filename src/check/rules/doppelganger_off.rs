//! Nothing that looks for a second copy of the keys.

use std::collections::BTreeSet;

use crate::catalog::setting::Purpose;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0452",
    name: "doppelganger-off",
    level: Level::Warn,
    summary: "doppelganger protection is off for keys that lie with the client",
    docs: r##"## What
A validator client without a remote signer has its doppelganger protection off.

## Why
When a host is moved or brought back from a backup while the old one still runs, both sign with the same keys. With the protection on, the second one listens first, sees the other and stops; it costs some missed votes a start.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
  vc: { host: a, component: lighthouse-validator, settings: { fee-recipient: "0x8943545177806ed17b9f23f0a21ee5948ecaa776", doppelganger-protection: false } }
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

/// Looks at clients that hold keys themselves.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    if cx.in_development() || !cx.resolved {
        return;
    }
    for service in cx.topology.services.iter().filter(|service| !cx.has_signer(service)) {
        for (name, value, origin) in cx.meant(service, Purpose::DoppelgangerProtection) {
            if value.as_bool() == Some(false) && told.insert(origin) {
                sink.push(
                    Diagnostic::new(
                        &RULE,
                        origin,
                        format!("nothing keeps a second copy of `{}` from signing", service.name),
                    )
                    .here(format!("`{name}` is off"))
                    .label(service.origin, "its keys lie with the client, no signer watches over them")
                    .help("leave it on, or keep the keys in a remote signer with slashing protection"),
                );
            }
        }
    }
}
