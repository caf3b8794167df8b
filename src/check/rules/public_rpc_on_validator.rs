//! Strangers on the machine of a validator.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0432",
    name: "public-rpc-on-validator",
    level: Level::Warn,
    summary: "strangers send requests to the client of a validator",
    docs: r##"## What
A public proxy forwards to a service of a node that votes.

## Why
Requests of strangers compete with the duties of the validator for the same CPU, disk and database. A heavy query at the wrong second is a missed block.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
stacks: { el: { execution: { component: geth } } }
nodes: { one: { host: a, role: validator, stack: el, voting-power: 1 } }
services:
  rpc: { host: b, component: haproxy, expose: { rpc: public }, needs: { eth-rpc: one/execution }, settings: { rate-limit: 100 } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
stacks: { el: { execution: { component: geth } } }
nodes:
  one: { host: a, role: validator, stack: el, voting-power: 1 }
  two: { host: b, role: rpc, stack: el }
services:
  rpc: { host: b, component: haproxy, expose: { rpc: public }, needs: { eth-rpc: two/execution }, settings: { rate-limit: 100 } }
```
"##,
};

/// Follows public doors to the nodes behind them.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let mut told = BTreeSet::new();
    let votes = topology.voters();
    for ((id, interface), door) in cx.doors() {
        let service = &topology.services[id];
        let Some(node) = service.node.map(|node| &topology.nodes[node]) else { continue };
        // What is public itself, as the peer-to-peer port is, belongs to the duties.
        if door.service == id || !votes.contains(&node.id) || !told.insert((door.service, node.id)) {
            continue;
        }
        let proxy = &topology.services[door.service];
        let vote = match node.voting_power {
            0 => "holds a share of a validator key".to_owned(),
            power => format!("votes with {power}"),
        };
        sink.push(
            Diagnostic::new(
                &RULE,
                door.origin,
                format!("strangers reach `{interface}` of the validator `{}`", node.name),
            )
            .here(format!("open to the internet, through `{}`", proxy.name))
            .label(node.origin, vote)
            .help("serve the public from nodes of their own: `role: rpc`, without voting power"),
        );
    }
}
