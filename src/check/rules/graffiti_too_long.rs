//! Graffiti that do not fit into a block.

use std::collections::BTreeSet;

use crate::catalog::setting::Purpose;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0431",
    name: "graffiti-too-long",
    level: Level::Deny,
    summary: "graffiti have more than 32 bytes",
    docs: r##"## What
The text for proposed blocks is longer than the 32 bytes that a block has for it. Letters beyond ASCII take two to four bytes.

## Why
The client refuses to start.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
  vc: { host: a, component: lighthouse-validator, settings: { fee-recipient: "0x8943545177806ed17b9f23f0a21ee5948ecaa776", graffiti: "proposed with pride by the demo team" } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
  vc: { host: a, component: lighthouse-validator, settings: { fee-recipient: "0x8943545177806ed17b9f23f0a21ee5948ecaa776", graffiti: "the demo team" } }
```
"##,
};

/// The bytes of a block for it.
const MOST: usize = 32;

/// Counts bytes.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        for (name, value, origin) in cx.meant(service, Purpose::Graffiti) {
            let bytes = value.as_str().map_or(0, str::len);
            if bytes > MOST && told.insert(origin) {
                sink.push(
                    Diagnostic::new(
                        &RULE,
                        origin,
                        format!("`{name}` of `{}` does not fit into a block", service.name),
                    )
                    .here(format!("{bytes} bytes and not {MOST}"))
                    .help("shorten it"),
                );
            }
        }
    }
}
