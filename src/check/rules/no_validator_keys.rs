//! Validators that sign nothing.

use std::collections::BTreeSet;

use crate::catalog::setting::Purpose;
use crate::check::Cx;
use crate::check::facts::texts;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0458",
    name: "no-validator-keys",
    level: Level::Warn,
    summary: "a validator client has no keys to sign with",
    docs: r##"## What
Real value is at stake, a validator client is bound to a remote signer, and its list of keys is empty.

## Why
It runs, it is green, and not one duty is done.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
  db: { host: a, component: postgres }
  signer: { host: a, component: web3signer, needs: { sql: db } }
  vc: { host: a, component: lighthouse-validator, settings: { fee-recipient: "0x8943545177806ed17b9f23f0a21ee5948ecaa776" } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
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

/// Looks at clients whose keys come from the manifest.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    if !cx.at_stake() || !cx.resolved {
        return;
    }
    for service in cx.topology.services.iter().filter(|service| cx.has_signer(service)) {
        for (name, value, _) in cx.meant(service, Purpose::ValidatorKeys) {
            if texts(value).is_empty() && told.insert(service.origin) {
                sink.push(
                    Diagnostic::new(&RULE, service.origin, format!("`{}` signs with no key", service.name))
                        .here("bound to a signer, without keys")
                        .help(format!(
                            "add `{name}: [<public key>, ...]` to its settings, in the node where they belong"
                        )),
                );
            }
        }
    }
}
