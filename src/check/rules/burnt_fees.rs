//! Fees that nobody gets.

use std::collections::BTreeSet;

use crate::catalog::setting::Purpose;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0426",
    name: "burnt-fees",
    level: Level::Warn,
    summary: "fees of real value go to an address that nobody has",
    docs: r##"## What
Real value is at stake, and the fee recipient is one of the well-known addresses without an owner.

## Why
Every fee of every proposed block is lost, and nothing looks broken.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
  vc: { host: a, component: lighthouse-validator, settings: { fee-recipient: "0x000000000000000000000000000000000000dEaD" } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
  vc: { host: a, component: lighthouse-validator, settings: { fee-recipient: "0x8943545177806ed17b9f23f0a21ee5948ecaa776" } }
```
"##,
};

/// Addresses that stand for "nobody".
const NOBODY: &[&str] =
    &["0x000000000000000000000000000000000000dead", "0xdead000000000000000042069420694206942069"];

/// Looks at every fee recipient.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    if !cx.at_stake() {
        return;
    }
    for service in &cx.topology.services {
        for (_, value, origin) in cx.meant(service, Purpose::FeeRecipient) {
            let burnt =
                value.as_str().is_some_and(|address| NOBODY.contains(&address.to_ascii_lowercase().as_str()));
            if burnt && told.insert(origin) {
                sink.push(
                    Diagnostic::new(&RULE, origin, format!("the fees of `{}` are burnt", service.name))
                        .here("nobody has this address")
                        .label(cx.manifest.network.name.span, "real value is at stake")
                        .help("write the address of your own account"),
                );
            }
        }
    }
}
