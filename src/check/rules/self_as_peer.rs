//! Nodes that look for themselves.

use std::collections::BTreeSet;

use crate::catalog::setting::Purpose;
use crate::check::Cx;
use crate::check::facts::texts;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0608",
    name: "self-as-peer",
    level: Level::Warn,
    summary: "a node has only itself as a peer to begin with",
    docs: r##"## What
Every peer or bootnode in the list of a service has the address and port of the service itself.

## Why
It dials itself, finds nobody, and stays alone. A list that is generated from "all nodes" becomes that in a network of one, and nothing else looks wrong.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, settings: { bootnodes: ["enode://abababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababab@203.0.113.10:30303"] } } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, settings: { bootnodes: ["enode://abababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababab@203.0.113.99:30303"] } } }
```
"##,
};

/// Compares each peer with the addresses and ports of the service.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        let host = &cx.topology.hosts[service.host];
        for (name, value, origin) in cx.meant(service, Purpose::Peers) {
            let peers = texts(value);
            let own = |peer: &&str| {
                service.listeners.iter().filter_map(|listener| listener.port).any(|port| {
                    [Some(&host.address), host.private_address.as_ref()].into_iter().flatten().any(
                        |address| {
                            let (plain, brackets) =
                                (format!("@{address}:{port}"), format!("@[{address}]:{port}"));
                            let path = format!("/{address}/tcp/{port}");
                            let end = peer.split('?').next().unwrap_or("");
                            end.ends_with(&plain) || end.ends_with(&brackets) || peer.contains(&path)
                        },
                    )
                })
            };
            let Some(first) = peers.first().filter(|_| peers.iter().all(own)) else { continue };
            if told.insert(origin) {
                sink.push(
                    Diagnostic::new(
                        &RULE,
                        cx.word(origin, first),
                        format!("`{}` looks for peers and finds itself", service.name),
                    )
                    .here("its own address and port")
                    .label(host.address_origin, "the address of its host")
                    .help(format!(
                        "name other nodes under `{name}`, or leave it out to use those that are built in"
                    )),
                );
            }
        }
    }
}
