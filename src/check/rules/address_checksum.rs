//! Addresses with a typing mistake.

use std::collections::BTreeSet;

use crate::catalog::setting::SettingType;
use crate::check::Cx;
use crate::check::facts::settings;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::identity::{self, AddressError};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0425",
    name: "address-checksum",
    level: Level::Deny,
    summary: "an Ethereum address contradicts its own checksum",
    docs: r##"## What
An address is written in mixed case, and the case of its letters is not the one that EIP-55 computes from it.

## Why
The case is a checksum: a wrong one means that a digit was mistyped or lost. What is paid to such an address is gone.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
  vc: { host: a, component: lighthouse-validator, settings: { fee-recipient: "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAee" } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
  vc: { host: a, component: lighthouse-validator, settings: { fee-recipient: "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed" } }
```
"##,
};

/// Checks every setting that holds an address.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        for (name, setting, value) in settings(service) {
            let address = value.as_str().filter(|_| setting.kind == SettingType::EthereumAddress);
            let Some(Err(AddressError::Checksum(right))) = address.map(identity::address) else { continue };
            let written = cx.written(service, name).map_or(service.origin, |written| written.span);
            if !told.insert(written) {
                continue;
            }
            sink.push(
                Diagnostic::new(
                    &RULE,
                    written,
                    format!("`{name}` of `{}` has a wrong checksum", service.name),
                )
                .here("at least one digit is not what it was")
                .help("copy the address again from the wallet; all lower case has no checksum")
                .help(format!("the digits as they are would be `{right}`")),
            );
        }
    }
}
