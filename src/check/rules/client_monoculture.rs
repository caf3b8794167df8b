//! One implementation everywhere.

use std::collections::BTreeSet;

use crate::catalog::chain::Consensus;
use crate::catalog::component::Kind;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0605",
    name: "client-monoculture",
    level: Level::Warn,
    summary: "every voting node runs the same client",
    docs: r##"## What
Real value is at stake, several nodes vote, and all of them run one implementation of the execution or the consensus client. `require: { max-client-share: ... }` replaces this advice by a limit.

## Why
A bug of that client takes all validators at once; on Ethereum one that finalizes a wrong chain costs most of the stake. The share of each client is what insurers and staking pools ask for first.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
stacks: { el: { execution: { component: geth } } }
nodes:
  one: { host: a, role: validator, stack: el, voting-power: 50 }
  two: { host: b, role: validator, stack: el, voting-power: 50 }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
stacks: { geth: { execution: { component: geth } }, reth: { execution: { component: reth } } }
nodes:
  one: { host: a, role: validator, stack: geth, voting-power: 50 }
  two: { host: b, role: validator, stack: reth, voting-power: 50 }
```
"##,
};

/// Looks at each kind of client apart. Chains with a single implementation are left alone: only where
/// the two roles are apart is there a choice.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let asked = topology.require.max_client_share.is_some();
    if asked || !cx.resolved || !cx.at_stake() || topology.chain.consensus != Consensus::EthereumPos {
        return;
    }
    let voters: Vec<_> = topology.voters().into_iter().map(|id| &topology.nodes[id]).collect();
    if voters.len() < 2 {
        return;
    }
    for (kind, word) in [(Kind::ExecutionClient, "execution"), (Kind::ConsensusClient, "consensus")] {
        let of_kind: Vec<_> = voters
            .iter()
            .flat_map(|node| &node.services)
            .map(|id| &topology.services[*id])
            .filter(|service| service.component.kind == kind)
            .collect();
        let clients: BTreeSet<&str> = of_kind.iter().map(|s| s.component.component.value.as_str()).collect();
        let (Some(only), Some(first)) = (clients.first().filter(|_| clients.len() == 1), of_kind.first())
        else {
            continue;
        };
        sink.push(
            Diagnostic::new(&RULE, first.origin, format!("`{only}` holds 100% of the voting power"))
                .here(format!("the only {word} client of {} voting nodes", voters.len()))
                .help("give some of the nodes a stack with another implementation")
                .help("or say what you accept: `require: { max-client-share: 100% }`"),
        );
    }
}
