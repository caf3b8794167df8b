//! Canaries that weigh too much.

use std::collections::{BTreeMap, BTreeSet};

use crate::analyze::prove::Prover;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::DomainKind;
use crate::topology::HostId;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0503",
    name: "heavy-canary",
    level: Level::Warn,
    summary: "a change reaches more voting power first than it must",
    docs: r##"## What
The host of `rollout: canary` holds more voting power than another host that votes: its own, and that of clusters that cannot spare the nodes on it.

## Why
The canary is there to die for the others. If a change stops it, as little of the voting power as possible should stop.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
stacks: { el: { execution: { component: geth } } }
nodes:
  one: { host: a, role: validator, stack: el, voting-power: 60 }
  two: { host: b, role: validator, stack: el, voting-power: 40 }
rollout: { canary: one }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
stacks: { el: { execution: { component: geth } } }
nodes:
  one: { host: a, role: validator, stack: el, voting-power: 60 }
  two: { host: b, role: validator, stack: el, voting-power: 40 }
rollout: { canary: two }
```
"##,
};

/// Compares the canary with the lightest host that votes.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let written = cx.manifest.rollout.as_ref().and_then(|rollout| rollout.canary.as_ref());
    let (Some(canary), Some(written)) = (topology.rollout.canary, written) else { return };
    let vote: BTreeSet<HostId> =
        topology.voters().into_iter().map(|node| topology.nodes[node].host).collect();
    let lost: BTreeMap<String, u128> = Prover::of_voters(topology)
        .alone(DomainKind::Host)
        .into_iter()
        .map(|host| (host.name, host.lost))
        .collect();
    let held = |host: HostId| lost.get(&topology.hosts[host].name).copied().unwrap_or(0);
    let lightest = vote.into_iter().map(|host| (held(host), host)).min();
    let held = held(canary);
    let Some((least, host)) = lightest.filter(|(least, _)| *least < held) else { return };
    let host = &topology.hosts[host];
    sink.push(
        Diagnostic::new(&RULE, written.span, format!("a change stops {held} of the voting power first"))
            .here(format!("holds {held}"))
            .label(host.origin, format!("`{}` holds {least}", host.name))
            .help(format!("make the lightest host the canary: `canary: {}`", host.name)),
    );
}
