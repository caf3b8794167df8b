//! Canaries that halt the chain.

use std::collections::BTreeMap;

use crate::analyze::prove::Prover;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::DomainKind;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0860",
    name: "canary-beyond-margin",
    level: Level::Warn,
    summary: "the restart of the canary halts the chain",
    docs: r##"## What
While the host of `rollout: canary` restarts, more voting power stops than the chain can be without: its own, and that of all that cannot do without it. Another host would not do this.

## Why
A canary is restarted first and watched, and may stay down when the change is bad. The chain must go on meanwhile.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
stacks: { el: { execution: { component: geth } } }
nodes:
  one: { host: a, role: validator, stack: el, voting-power: 60 }
  two: { host: b, role: validator, stack: el, voting-power: 20 }
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
  two: { host: b, role: validator, stack: el, voting-power: 20 }
rollout: { canary: two }
```
"##,
};

/// Compares what stops with the canary with what may stop, and with what the lightest host would stop.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let written = cx.manifest.rollout.as_ref().and_then(|rollout| rollout.canary.as_ref());
    let (Some(canary), Some(written)) = (topology.rollout.canary, written) else { return };
    let prover = Prover::new(topology);
    let quorum = *prover.quorum();
    let lost: BTreeMap<String, u128> =
        prover.alone(DomainKind::Host).into_iter().map(|host| (host.name, host.lost)).collect();
    let stops = |name: &str| lost.get(name).copied().unwrap_or(0);
    let canary = &topology.hosts[canary];
    let held = stops(&canary.name);
    let used = topology.hosts.iter().filter(|host| lost.contains_key(&host.name));
    let fits = used.map(|host| (stops(&host.name), host)).filter(|(lost, _)| quorum.holds(*lost));
    let Some((least, host)) = fits.min_by_key(|(lost, host)| (*lost, host.id)) else { return };
    if quorum.holds(held) {
        return;
    }
    sink.push(
        Diagnostic::new(
            &RULE,
            written.span,
            format!("a restart of the canary stops {held} of {} of the voting power", quorum.total),
        )
        .here(format!("at most {} may stop at a time", quorum.tolerates))
        .label(host.origin, format!("`{}` stops {least}", host.name))
        .help(format!("make another host the canary: `canary: {}`", host.name)),
    );
}
