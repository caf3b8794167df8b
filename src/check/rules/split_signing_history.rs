//! Signers that do not know of each other.

use std::collections::BTreeMap;

use crate::check::Cx;
use crate::diag::list_names;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::ServiceId;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0451",
    name: "split-signing-history",
    level: Level::Deny,
    summary: "copies of one signer keep their signing history in different databases",
    docs: r##"## What
One entry under `services:` runs a signer on several hosts, and the copies are bound to different databases.

## Why
The copies hold the same keys. Each refuses only what is in its own database, so both may sign for one slot, and that is slashed. All signers of the same keys must share one database.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, private-address: 10.0.0.1 }, b: { address: 203.0.113.11, private-address: 10.0.0.2 } }
services:
  db: { hosts: [a, b], component: postgres }
  signer: { hosts: [a, b], component: web3signer }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, private-address: 10.0.0.1 }, b: { address: 203.0.113.11, private-address: 10.0.0.2 } }
services:
  db: { host: a, component: postgres }
  signer: { hosts: [a, b], component: web3signer, needs: { sql: db } }
```
"##,
};

/// Gathers the databases of the copies of each definition.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let mut histories: BTreeMap<(&str, &str), Vec<ServiceId>> = BTreeMap::new();
    for service in topology.services.iter().filter(|s| s.node.is_none() && s.owner.is_none()) {
        for interface in
            service.component.needs.iter().filter(|(_, need)| need.signing_history).map(|(name, _)| name)
        {
            let bound = histories.entry((&service.local_name, interface)).or_default();
            for provider in topology.providers(service.id, interface).take(1) {
                if !bound.contains(&provider) {
                    bound.push(provider);
                }
            }
        }
    }
    for ((name, interface), providers) in histories.into_iter().filter(|(_, providers)| providers.len() > 1) {
        let Some((key, _)) = cx.manifest.services.get_key_value(name) else { continue };
        let names: Vec<&str> = providers.iter().map(|id| topology.services[*id].name.as_str()).collect();
        let mut diagnostic = Diagnostic::new(
            &RULE,
            key.span,
            format!("the copies of `{name}` keep {} signing histories", providers.len()),
        )
        .here("the same keys on several hosts");
        if let Some(first) = providers.first() {
            let listed = list_names(names.iter().copied(), 4);
            diagnostic = diagnostic.label(topology.services[*first].origin, format!("bound to {listed}"));
        }
        sink.push(diagnostic.help(format!("bind all of them to one: `needs: {{ {interface}: <service> }}`")));
    }
}
