//! Validator keys that are none.

use std::collections::BTreeSet;

use crate::catalog::setting::Purpose;
use crate::check::Cx;
use crate::check::facts::{is_bls_key, texts};
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0457",
    name: "bad-validator-key",
    level: Level::Deny,
    summary: "a validator key is not a BLS public key",
    docs: r##"## What
An entry in the keys of a validator client is not `0x` and 96 hex digits.

## Why
The client refuses its whole list at the start, or waits for a key that does not exist. `0x0x...` comes from a template that adds a second prefix.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
  db: { host: a, component: postgres }
  signer: { host: a, component: web3signer, needs: { sql: db } }
  vc: { host: a, component: lighthouse-validator, settings: { fee-recipient: "0x8943545177806ed17b9f23f0a21ee5948ecaa776", public-keys: ["0x0xabababababababababababababababababababababababababababababababababababababababababababababababab"] } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
  db: { host: a, component: postgres }
  signer: { host: a, component: web3signer, needs: { sql: db } }
  vc: { host: a, component: lighthouse-validator, settings: { fee-recipient: "0x8943545177806ed17b9f23f0a21ee5948ecaa776", public-keys: ["0xabababababababababababababababababababababababababababababababababababababababababababababababab"] } }
```
"##,
};

/// Checks the form of each key.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        for (name, value, origin) in cx.meant(service, Purpose::ValidatorKeys) {
            for key in texts(value).into_iter().filter(|key| !is_bls_key(key)) {
                let place = cx.word(origin, key);
                if told.insert(place) {
                    sink.push(
                        Diagnostic::new(
                            &RULE,
                            place,
                            format!("`{name}` of `{}` holds no public key", service.name),
                        )
                        .here(why(key))
                        .help("write `0x` and 96 hex digits, in quotes, as the deposit file has it"),
                    );
                }
            }
        }
    }
}

fn why(key: &str) -> String {
    let Some(hex) = key.strip_prefix("0x") else { return "does not begin with `0x`".to_owned() };
    if hex.starts_with("0x") {
        return "begins with `0x` twice".to_owned();
    }
    match hex.chars().find(|c| !c.is_ascii_hexdigit()) {
        Some(_) => "has characters that are no hex digits".to_owned(),
        None => format!("has {} hex digits and not 96", hex.len()),
    }
}
