//! One validator key in two places.

use std::collections::BTreeMap;

use crate::catalog::setting::Purpose;
use crate::check::Cx;
use crate::check::facts::texts;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::text::Span;
use crate::topology::{Service, ServiceId};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0450",
    name: "duplicate-validator-key",
    level: Level::Deny,
    summary: "a validator key is active in two services",
    docs: r##"## What
A public key stands in the keys of two services that are both live, or twice in one list. A stack that names keys gives them to every node that instantiates it.

## Why
Two clients that sign with one key sign two different votes sooner or later. That is slashed: the stake is lost and the validator is thrown out. Only one client in the world may have a key.

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
  one: { host: a, component: lighthouse-validator, settings: { fee-recipient: "0x8943545177806ed17b9f23f0a21ee5948ecaa776", public-keys: ["0xabababababababababababababababababababababababababababababababababababababababababababababababab"] } }
  two: { host: a, component: lighthouse-validator, settings: { fee-recipient: "0x8943545177806ed17b9f23f0a21ee5948ecaa776", public-keys: ["0xabababababababababababababababababababababababababababababababababababababababababababababababab"] } }
```

A stack that two nodes share:

```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, private-address: 10.0.0.1 }, b: { address: 203.0.113.11, private-address: 10.0.0.2 } }
stacks:
  validator:
    execution: { component: geth }
    beacon: { component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
    validator: { component: lighthouse-validator, settings: { fee-recipient: "0x8943545177806ed17b9f23f0a21ee5948ecaa776", public-keys: ["0xabababababababababababababababababababababababababababababababababababababababababababababababab"] } }
nodes:
  one: { host: a, role: validator, stack: validator }
  two: { host: b, role: validator, stack: validator }
services:
  db: { host: a, component: postgres }
  signer: { host: a, component: web3signer, ports: { remote-signer: 9010 }, needs: { sql: db } }
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
  one: { host: a, component: lighthouse-validator, settings: { fee-recipient: "0x8943545177806ed17b9f23f0a21ee5948ecaa776", public-keys: ["0xabababababababababababababababababababababababababababababababababababababababababababababababab"] } }
  two: { host: a, component: lighthouse-validator, settings: { fee-recipient: "0x8943545177806ed17b9f23f0a21ee5948ecaa776", public-keys: ["0xcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"] } }
```
"##,
};

/// What two services have in common.
struct Shared {
    keys: usize,
    first: Span,
    second: Span,
}

/// Meets every key once and reports each pair of services once.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let mut holders: BTreeMap<String, (ServiceId, Span, &str)> = BTreeMap::new();
    let mut pairs: BTreeMap<(ServiceId, ServiceId), Shared> = BTreeMap::new();
    for service in &topology.services {
        for (_, value, origin) in cx.meant(service, Purpose::ValidatorKeys) {
            for key in texts(value) {
                match holders.get(&key.to_ascii_lowercase()) {
                    None => {
                        holders.insert(key.to_ascii_lowercase(), (service.id, origin, key));
                    }
                    Some((holder, theirs, spelled)) => {
                        let pair = pairs.entry((*holder, service.id)).or_insert_with(|| Shared {
                            keys: 0,
                            first: cx.word(*theirs, spelled),
                            second: cx.last_word(origin, key),
                        });
                        pair.keys += 1;
                    }
                }
            }
        }
    }
    for ((first, second), shared) in pairs {
        report(cx, &topology.services[first], &topology.services[second], &shared, sink);
    }
}

fn report(cx: &Cx<'_>, first: &Service, second: &Service, shared: &Shared, sink: &mut Sink) {
    if first.id == second.id {
        sink.push(
            Diagnostic::new(
                &RULE,
                shared.second,
                format!("a key stands twice in the list of `{}`", second.name),
            )
            .here("again here")
            .label(shared.first, "first here")
            .help("remove one of the two"),
        );
        return;
    }
    let keys =
        if shared.keys == 1 { "one key".to_owned() } else { format!("{} of the same keys", shared.keys) };
    let mut diagnostic = Diagnostic::new(
        &RULE,
        shared.second,
        format!("`{}` and `{}` sign with {keys}", first.name, second.name),
    );
    diagnostic = if shared.first == shared.second {
        let node =
            |service: &Service| service.node.map_or(service.origin, |node| cx.topology.nodes[node].origin);
        diagnostic
            .here("in a stack that several nodes have")
            .label(node(first), "this node signs with it")
            .label(node(second), "and so does this one")
            .help("name the keys in each node: `services: { <service>: { settings: { <keys>: [...] } } }`")
    } else {
        diagnostic
            .here("active here too")
            .label(shared.first, "active here")
            .help("keep it in one of the two")
    };
    for service in [first, second] {
        for (name, value, origin) in cx.meant(service, Purpose::DoppelgangerProtection) {
            if value.as_bool() == Some(false) {
                diagnostic =
                    diagnostic.label(origin, format!("with `{name}` off nothing would stop the second one"));
            }
        }
    }
    sink.push(diagnostic);
}
