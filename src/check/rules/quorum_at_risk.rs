//! Failures that stop the network.

use std::collections::BTreeMap;

use crate::catalog::chain::Consensus;
use crate::catalog::component::Kind;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::quantity::Percent;
use crate::text::Span;
use crate::topology::{Host, Topology};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0601",
    name: "quorum-at-risk",
    level: Level::Deny,
    summary: "a failure that the network must survive would stop it",
    docs: r##"## What
After the loss of a host, region or provider, no more than two thirds of the voting power is left. With four or more voters no host may hold more than (n-1)/3 of them; `require: survives` asks for more, and `max-client-share` limits what one implementation may hold.

## Why
Byzantine fault tolerant chains halt without more than two thirds of the voting power. On Ethereum the share of one operator does not halt the chain, so only what `require:` asks for is checked there.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
regions: { eu: {}, us: {} }
hosts:
  a: { address: 203.0.113.10, region: eu }
  b: { address: 203.0.113.11, region: us }
stacks: { el: { execution: { component: geth } } }
nodes:
  one: { host: a, role: validator, stack: el, voting-power: 60 }
  two: { host: b, role: validator, stack: el, voting-power: 40 }
require: { survives: { region: 1 } }
```

One implementation on every node, although less is asked for:

```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
stacks: { el: { execution: { component: geth } } }
nodes: { one: { host: a, role: validator, stack: el, voting-power: 60 } }
require: { max-client-share: 66% }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
regions: { eu: {}, us: {}, ap: {}, sa: {} }
hosts:
  a: { address: 203.0.113.10, region: eu }
  b: { address: 203.0.113.11, region: us }
  c: { address: 203.0.113.12, region: ap }
  d: { address: 203.0.113.13, region: sa }
stacks: { el: { execution: { component: geth } } }
nodes:
  one: { host: a, role: validator, stack: el, voting-power: 25 }
  two: { host: b, role: validator, stack: el, voting-power: 25 }
  three: { host: c, role: validator, stack: el, voting-power: 25 }
  four: { host: d, role: validator, stack: el, voting-power: 25 }
require: { survives: { region: 1 } }
```
"##,
};

/// Proves each asked-for survival, in whole numbers.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    if !cx.resolved {
        return;
    }
    let topology = cx.topology;
    let require = &topology.require;
    let voters = topology.nodes.iter().filter(|n| n.voting_power > 0).count();
    let default_host = topology.chain.consensus == Consensus::Bft && voters >= 4;
    let hosts = require.hosts.or(default_host.then_some((1, Span::nowhere())));
    if let Some((count, span)) = hosts {
        domain(topology, "host", count, span, |host| Some(host.name.clone()), sink);
    }
    if let Some((count, span)) = require.regions {
        let name = |host: &Host| host.region.map(|_| topology.region_name(host.id).to_owned());
        domain(topology, "region", count, span, name, sink);
    }
    if let Some((count, span)) = require.providers {
        domain(topology, "provider", count, span, |host| host.provider.clone(), sink);
    }
    if let Some((limit, span)) = require.max_client_share {
        client_shares(topology, limit, span, sink);
    }
}

/// The share of voting power that runs on each implementation, execution and consensus apart.
fn client_shares(topology: &Topology, limit: Percent, span: Span, sink: &mut Sink) {
    let total: u128 = topology.nodes.iter().map(|node| u128::from(node.voting_power)).sum();
    for kind in [Kind::ExecutionClient, Kind::ConsensusClient, Kind::ChainNode] {
        let mut power: BTreeMap<&str, (u128, Span)> = BTreeMap::new();
        for node in topology.nodes.iter().filter(|node| node.voting_power > 0) {
            let services = node.services.iter().map(|id| &topology.services[*id]);
            for service in services.filter(|service| service.component.kind == kind) {
                let entry = power.entry(&service.component.component).or_insert((0, service.origin));
                entry.0 += u128::from(node.voting_power);
            }
        }
        for (client, (held, at)) in power {
            // held / total > limit, in hundredths of a percent and whole numbers.
            if held * 10_000 > u128::from(limit.0) * total {
                sink.push(
                    Diagnostic::new(&RULE, span, format!("`{client}` holds {held} of {total} voting power"))
                        .here(format!("at most {limit} is allowed"))
                        .label(at, format!("a `{client}`"))
                        .help("run another implementation on some of the nodes"),
                );
            }
        }
    }
}

/// The power of each domain; the heaviest `count` of them fail at once.
fn domain(
    topology: &Topology,
    kind: &str,
    count: u32,
    span: Span,
    name: impl Fn(&Host) -> Option<String>,
    sink: &mut Sink,
) {
    let mut power: BTreeMap<String, (u128, Span)> = BTreeMap::new();
    let mut total: u128 = 0;
    for node in topology.nodes.iter().filter(|n| n.voting_power > 0) {
        total += u128::from(node.voting_power);
        if let Some(name) = name(&topology.hosts[node.host]) {
            power.entry(name).or_insert((0, node.origin)).0 += u128::from(node.voting_power);
        }
    }
    let mut heaviest: Vec<(String, u128, Span)> =
        power.into_iter().map(|(name, (power, at))| (name, power, at)).collect();
    heaviest.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    heaviest.truncate(count as usize);
    let lost: u128 = heaviest.iter().map(|(_, power, _)| power).sum();
    let left = total - lost;
    if total == 0 || 3 * left > 2 * total {
        return;
    }
    let names: Vec<&str> = heaviest.iter().map(|(name, ..)| name.as_str()).collect();
    let place = if span.is_somewhere() { span } else { heaviest.first().map_or(span, |(_, _, at)| *at) };
    let mut diagnostic = Diagnostic::new(
        &RULE,
        place,
        format!(
            "the loss of {kind} {} leaves {left} of {total} voting power",
            crate::diag::list_names(names, 6)
        ),
    )
    .here(format!("more than {} must be left", 2 * total / 3));
    for (name, power, at) in heaviest.iter().take(3) {
        diagnostic = diagnostic.label(*at, format!("{kind} `{name}` holds {power}"));
    }
    sink.push(
        diagnostic.help(format!("spread the voting power so that {count} {kind}(s) hold less than a third")),
    );
}
