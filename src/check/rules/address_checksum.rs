//! Addresses with a typing mistake.

use std::collections::BTreeSet;

use sha3::{Digest as _, Keccak256};

use crate::catalog::setting::SettingType;
use crate::check::Cx;
use crate::check::facts::settings;
use crate::diag::{Diagnostic, Level, Rule, Sink};

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
            let Some(hex) = address.and_then(|address| address.strip_prefix("0x")) else { continue };
            let mixed = hex.contains(|c: char| c.is_ascii_lowercase())
                && hex.contains(|c: char| c.is_ascii_uppercase());
            let written = cx.written(service, name).map_or(service.origin, |written| written.span);
            if !mixed || checksummed(hex) == hex || !told.insert(written) {
                continue;
            }
            sink.push(
                Diagnostic::new(
                    &RULE,
                    written,
                    format!("`{name}` of `{}` has a wrong checksum", service.name),
                )
                .here("at least one digit is not what it was")
                .help("copy the address again from the wallet; all lower case has no checksum"),
            );
        }
    }
}

/// The digits with the case of EIP-55: upper where the digit of the hash is 8 or more.
fn checksummed(hex: &str) -> String {
    let lower = hex.to_ascii_lowercase();
    let hash = Keccak256::digest(lower.as_bytes());
    let nibbles = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    lower
        .chars()
        .zip(nibbles)
        .map(|(c, nibble)| if nibble > 7 { c.to_ascii_uppercase() } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The addresses of the specification, eip-55.
    #[test]
    fn addresses_of_the_specification() {
        for address in [
            "52908400098527886E0F7030069857D2E4169EE7",
            "de709f2102306220921060314715629080e2fb77",
            "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "fB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
            "dbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
            "D1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        ] {
            assert_eq!(checksummed(address), address);
        }
    }
}
