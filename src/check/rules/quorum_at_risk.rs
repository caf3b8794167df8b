//! Failures that stop the network.

use crate::analyze::clients::client_shares;
use crate::analyze::prove::{Proof, Prover};
use crate::catalog::chain::Consensus;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink, list_names};
use crate::manifest::DomainKind;
use crate::manifest::quantity::Percent;
use crate::text::Span;
use crate::topology::Topology;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0601",
    name: "quorum-at-risk",
    level: Level::Deny,
    summary: "a failure that the network must survive would stop it",
    docs: r##"## What
After a failure too little of the voting power is left: no more than two thirds, or no more than half where a majority or hash power decides. With four or more voters of a BFT chain no host may hold more than (n-1)/3 of them. `require: survives` asks for more, for any number of services, nodes, hosts, racks, regions, providers, operators, clients or images at a time. `max-client-share` limits what one implementation may hold: what would stop with it. The validators of a cluster stop when more of its nodes do than it can spare. What the voters need is looked at by `shared-dependency`.

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
    let voters = Prover::of_voters(topology);
    for (kind, count, span) in asked(topology) {
        report(&RULE, topology, &voters, (kind, count, span), sink);
    }
    if let Some((limit, span)) = topology.require.max_client_share {
        share_of_clients(topology, limit, span, sink);
    }
}

/// What must be survived: what the manifest asks for, and one host of a BFT chain that has the voters for it.
pub(super) fn asked(topology: &Topology) -> Vec<(DomainKind, u32, Span)> {
    let require = &topology.require;
    let mut asked = require.survives.clone();
    let by_default = topology.chain.consensus == Consensus::Bft && topology.validators() >= 4;
    if by_default && require.asks(DomainKind::Host).is_none() {
        asked.push((DomainKind::Host, 1, Span::nowhere()));
    }
    asked
}

/// The share of voting power that runs on each implementation, each role apart.
fn share_of_clients(topology: &Topology, limit: Percent, span: Span, sink: &mut Sink) {
    let total = topology.voting_power();
    for share in client_shares(topology) {
        let (client, held) = (&share.client, share.power);
        // held / total > limit, in hundredths of a percent and whole numbers.
        if held * 10_000 > u128::from(limit.0) * total {
            let message = format!("`{client}` holds {held} of {total} voting power");
            let mut diagnostic = Diagnostic::new(&RULE, span, message)
                .here(format!("`{client}` may hold at most {limit}"))
                .label(topology.services[share.example].origin, format!("a `{client}`"));
            for (id, members) in share.clusters.iter().take(3) {
                let cluster = &topology.clusters[*id];
                let (nodes, spare) = (cluster.nodes.len(), cluster.spare());
                let text = format!("stops with it: {members} of {nodes} nodes run it, {spare} can be spared");
                diagnostic = diagnostic.label(cluster.origin, text);
            }
            sink.push(diagnostic.help("run another implementation on some of the nodes"));
        }
    }
}

/// Reports it where not any `count` domains of a kind may fail at once.
pub(super) fn report(
    rule: &'static Rule,
    topology: &Topology,
    prover: &Prover<'_>,
    (kind, count, span): (DomainKind, u32, Span),
    sink: &mut Sink,
) {
    let (word, quorum) = (kind.word(), prover.quorum());
    let set = match prover.survives(kind, count as usize) {
        Proof::Holds => return,
        Proof::Fails(set) => set,
        Proof::Unknown => {
            sink.push(
                Diagnostic::new(
                    rule,
                    span,
                    format!("it is not proved that the loss of any {count} {word}s is survived"),
                )
                .here("too many cases to try, and no bound that decides")
                .help("`netgen analyze survivability` shows what is known")
                .help("ask for fewer, or give services fewer fallbacks in common"),
            );
            return;
        }
    };
    let first = set.domains.iter().map(|domain| domain.stops).find(|stops| stops.is_somewhere());
    let place = if span.is_somewhere() { span } else { first.unwrap_or(Span::nowhere()) };
    let names = set.domains.iter().map(|domain| domain.name.as_str());
    let (left, total) = (quorum.total - set.lost, quorum.total);
    let mut diagnostic = Diagnostic::new(
        rule,
        place,
        format!("the loss of {word} {} leaves {left} of {total} voting power", list_names(names, 6)),
    )
    .here(format!("at least {} must be left", total - quorum.tolerates));
    for domain in set.domains.iter().take(3) {
        let text = format!("{word} `{}` stops {}", domain.name, domain.lost);
        diagnostic = diagnostic.label(domain.stops, text);
    }
    for (consumer, interface, provider) in set.through.iter().take(2) {
        let (consumer, provider) = (&topology.services[*consumer], &topology.services[*provider]);
        let text = format!("`{}` stops without `{interface}` of this", consumer.name);
        diagnostic = diagnostic.label(provider.origin, text);
    }
    sink.push(if set.through.is_empty() {
        diagnostic.help(format!("spread the voting power so that any {count} {word}(s) hold less"))
    } else {
        diagnostic.help("give what stops another provider, one that does not fail at the same time")
    });
}
