//! Canaries that weigh too much.

use std::collections::BTreeMap;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::HostId;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0503",
    name: "heavy-canary",
    level: Level::Warn,
    summary: "a change reaches more voting power first than it must",
    docs: r##"## What
The host of `rollout: canary` holds more voting power than another host that votes.

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
    let mut power: BTreeMap<HostId, u128> = BTreeMap::new();
    for node in topology.nodes.iter().filter(|node| node.voting_power > 0) {
        *power.entry(node.host).or_default() += u128::from(node.voting_power);
    }
    let held = power.get(&canary).copied().unwrap_or(0);
    let lightest = power.iter().min_by_key(|(host, power)| (**power, **host));
    let Some((host, least)) = lightest.filter(|(_, least)| **least < held) else { return };
    let host = &topology.hosts[*host];
    sink.push(
        Diagnostic::new(&RULE, written.span, format!("a change stops {held} of the voting power first"))
            .here(format!("holds {held}"))
            .label(host.origin, format!("`{}` holds {least}", host.name))
            .help(format!("make the lightest host the canary: `canary: {}`", host.name)),
    );
}
