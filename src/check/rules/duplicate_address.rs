//! Two hosts with one address.

use std::collections::BTreeMap;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0211",
    name: "duplicate-address",
    level: Level::Deny,
    summary: "two hosts have one address",
    docs: r##"## What
Two hosts have the same address, public or private.

## Why
Both would be the same machine, or one of the two entries is a slip that sends a deploy to the wrong place.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  a: { address: 203.0.113.10 }
  b: { address: 203.0.113.10 }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  a: { address: 203.0.113.10 }
  b: { address: 203.0.113.11 }
services:
  a: { host: a, component: geth }
  b: { host: b, component: geth }
```
"##,
};

/// Reports the second host of each address.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut seen = BTreeMap::new();
    for host in cx.manifest.hosts.values() {
        for address in [Some(&host.address), host.private_address.as_ref()].into_iter().flatten() {
            // The same text twice in one host is its own business.
            let own = std::ptr::from_ref(host);
            match seen.get(address.value.as_str()) {
                None => {
                    seen.insert(address.value.as_str(), (address.span, own));
                }
                Some((first, other)) if *other != own => sink.push(
                    Diagnostic::new(&RULE, address.span, format!("two hosts have the address `{address}`"))
                        .here("taken already")
                        .label(*first, "first used here")
                        .help("put services of one machine on one host entry"),
                ),
                Some(_) => {}
            }
        }
    }
}
