//! Two hosts with one address.

use std::collections::BTreeMap;

use crate::check::{Cx, address};
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::text::Span;

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
services: { el: { hosts: [a, b], component: geth } }
```

One address in two spellings:

```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  a: { address: "2001:db8::10" }
  b: { address: "2001:DB8:0:0::10" }
services: { el: { hosts: [a, b], component: geth } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  a: { address: 203.0.113.10 }
  b: { address: 203.0.113.11 }
services:
  el-a: { host: a, component: geth }
  el-b: { host: b, component: geth }
```
"##,
};

/// Reports the second host of each address. IPv6 addresses and names have many spellings.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut seen: BTreeMap<String, (Span, &str)> = BTreeMap::new();
    for (name, host) in &cx.manifest.hosts {
        for written in std::iter::once(&host.address).chain(&host.private_address) {
            let plain = address::ip(written)
                .map_or_else(|| written.to_ascii_lowercase(), |ip| ip.to_canonical().to_string());
            let (first, owner) = *seen.entry(plain).or_insert((written.span, name));
            // The same address twice in one host is its own business.
            if owner == name.value {
                continue;
            }
            sink.push(
                Diagnostic::new(&RULE, written.span, format!("two hosts have the address `{written}`"))
                    .here("taken already")
                    .label(first, format!("first used by `{owner}`"))
                    .help("put services of one machine on one host entry"),
            );
        }
    }
}
