//! Clients that do not know the chain.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink, list_names};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0449",
    name: "chain-unknown-to-client",
    level: Level::Deny,
    summary: "a client does not know the chain of the network",
    docs: r##"## What
A component says which chains its program knows by name (`chains:`), the chain of the network is not among them, and the program cannot read its first block from a file either (`starts:`, `genesis:`).

## Why
It is started with a name that it does not know, and ends at once. The others of its team wait for it.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: foonet }
chains:
  foonet: { chain: foonet, name: Foo, family: ethereum, network-id: 778899, block-time: 12, slots-per-epoch: 32, consensus: ethereum-pos, test: true, sources: [ invented ] }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: besu }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: besu }
```
"##,
};

/// Compares the chain with what each component knows.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let chain = cx.topology.chain.id.as_str();
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        let component = &service.component;
        let id = component.component.value.as_str();
        let reads = cx.topology.genesis.is_some() && !component.starts.is_empty();
        let knows = component.chains.is_empty() || component.chains.iter().any(|known| known == chain);
        if knows || reads || !told.insert(id) {
            continue;
        }
        let known = list_names(component.chains.iter().map(String::as_str), 4);
        sink.push(
            Diagnostic::new(&RULE, service.origin, format!("`{id}` does not know the chain `{chain}`"))
                .here(format!("runs as `{}`", service.name))
                .label(cx.manifest.network.chain.span, "the chain of this network")
                .help(format!("it knows {known}; take another client, or one of these chains")),
        );
    }
}
