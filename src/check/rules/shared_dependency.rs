//! What the loss of one place takes with it elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::chain::Consensus;
use crate::catalog::component::{Kind, Run};
use crate::check::Cx;
use crate::diag::list_names;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::text::Span;
use crate::topology::{Host, HostId, ServiceId, Topology};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0609",
    name: "shared-dependency",
    level: Level::Deny,
    summary: "validators that must survive a failure depend on one place",
    docs: r##"## What
The voting power itself is spread well enough, but the services of the voters need something (a signer, its database) that stands on one host, in one region or with one provider, without another provider in the list. The same failures are looked at as for `quorum-at-risk`.

## Why
A proof that counts machines and not what they need is none: the host with the signer goes down, and every validator in every region stands still.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  a: { address: 203.0.113.10, private-address: 10.0.0.1 }
  b: { address: 203.0.113.11, private-address: 10.0.0.2 }
  c: { address: 203.0.113.12, private-address: 10.0.0.3 }
  d: { address: 203.0.113.13, private-address: 10.0.0.4 }
  ops: { address: 203.0.113.14, private-address: 10.0.0.5 }
stacks:
  validator:
    execution: { component: geth }
    beacon: { component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
    validator: { component: lighthouse-validator, settings: { fee-recipient: "0x8943545177806ed17b9f23f0a21ee5948ecaa776" } }
nodes:
  one: { host: a, role: validator, stack: validator, voting-power: 25 }
  two: { host: b, role: validator, stack: validator, voting-power: 25 }
  three: { host: c, role: validator, stack: validator, voting-power: 25 }
  four: { host: d, role: validator, stack: validator, voting-power: 25 }
services:
  db: { host: ops, component: postgres }
  signer: { host: ops, component: web3signer, needs: { sql: db } }
require: { survives: { host: 1 } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  a: { address: 203.0.113.10, private-address: 10.0.0.1 }
  b: { address: 203.0.113.11, private-address: 10.0.0.2 }
  c: { address: 203.0.113.12, private-address: 10.0.0.3 }
  d: { address: 203.0.113.13, private-address: 10.0.0.4 }
  ops: { address: 203.0.113.14, private-address: 10.0.0.5 }
stacks:
  validator:
    execution: { component: geth }
    beacon: { component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
    validator: { component: lighthouse-validator, settings: { fee-recipient: "0x8943545177806ed17b9f23f0a21ee5948ecaa776" } }
nodes:
  one: { host: a, role: validator, stack: validator, voting-power: 25 }
  two: { host: b, role: validator, stack: validator, voting-power: 25 }
  three: { host: c, role: validator, stack: validator, voting-power: 25 }
  four: { host: d, role: validator, stack: validator, voting-power: 25 }
require: { survives: { host: 1 } }
```
"##,
};

/// Lets each place fail in turn and follows what stops working with it.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let voters = topology.nodes.iter().filter(|node| node.voting_power > 0).count();
    if !cx.resolved || voters == 0 {
        return;
    }
    let needs = Needs::new(topology);
    let asked = |count: Option<(u32, Span)>| count.filter(|(count, _)| *count > 0).map(|(_, span)| span);
    let by_default =
        topology.chain.consensus == Consensus::Bft && voters >= 4 && topology.require.hosts.is_none();
    let hosts = asked(topology.require.hosts).or(by_default.then(Span::nowhere));
    if let Some(span) = hosts {
        places(topology, &needs, "host", span, |host| Some(host.name.clone()), sink);
    }
    if let Some(span) = asked(topology.require.regions) {
        let name = |host: &Host| host.region.map(|_| topology.region_name(host.id).to_owned());
        places(topology, &needs, "region", span, name, sink);
    }
    if let Some(span) = asked(topology.require.providers) {
        places(topology, &needs, "provider", span, |host| host.provider.clone(), sink);
    }
}

/// What must be up for what: only providers that are waited for, and that stay.
struct Needs<'a> {
    /// Provider -> (consumer, interface).
    users: BTreeMap<ServiceId, Vec<(ServiceId, &'a str)>>,
    /// How many providers a consumer has for an interface.
    choices: BTreeMap<(ServiceId, &'a str), usize>,
}

impl<'a> Needs<'a> {
    fn new(topology: &'a Topology) -> Self {
        let (mut users, mut choices) = (BTreeMap::new(), BTreeMap::new());
        for binding in &topology.bindings {
            let ends = topology.services[binding.provider].component.run == Run::Job;
            if !binding.wait || ends || binding.consumer == binding.provider {
                continue;
            }
            let need = (binding.consumer, binding.interface.as_str());
            users.entry(binding.provider).or_insert_with(Vec::new).push(need);
            *choices.entry(need).or_insert(0) += 1;
        }
        Self { users, choices }
    }

    /// Everything that stops when these hosts are lost.
    fn lost(&self, topology: &Topology, hosts: &BTreeSet<HostId>) -> BTreeSet<ServiceId> {
        let mut open: Vec<ServiceId> =
            hosts.iter().flat_map(|host| &topology.hosts[*host].services).copied().collect();
        let mut lost: BTreeSet<ServiceId> = open.iter().copied().collect();
        let mut left: BTreeMap<(ServiceId, &str), usize> = BTreeMap::new();
        while let Some(provider) = open.pop() {
            for need in self.users.get(&provider).into_iter().flatten() {
                let choices =
                    left.entry(*need).or_insert_with(|| self.choices.get(need).copied().unwrap_or(0));
                *choices = choices.saturating_sub(1);
                if *choices == 0 && lost.insert(need.0) {
                    open.push(need.0);
                }
            }
        }
        lost
    }
}

fn places(
    topology: &Topology,
    needs: &Needs<'_>,
    kind: &str,
    span: Span,
    name: impl Fn(&Host) -> Option<String>,
    sink: &mut Sink,
) {
    let mut members: BTreeMap<String, BTreeSet<HostId>> = BTreeMap::new();
    for host in &topology.hosts {
        if let Some(place) = name(host) {
            members.entry(place).or_default().insert(host.id);
        }
    }
    let total: u128 = topology.nodes.iter().map(|node| u128::from(node.voting_power)).sum();
    let halts = |power: u128| 3 * (total - power) <= 2 * total;
    for (place, hosts) in members {
        let lost = needs.lost(topology, &hosts);
        let (mut there, mut elsewhere) = (0, 0);
        let mut victims = Vec::new();
        for node in topology.nodes.iter().filter(|node| node.voting_power > 0) {
            let power = u128::from(node.voting_power);
            let stops = node
                .services
                .iter()
                .any(|id| lost.contains(id) && votes(topology.services[*id].component.kind));
            if hosts.contains(&node.host) {
                there += power;
            } else if stops {
                elsewhere += power;
                victims.push(node);
            }
        }
        // What stands there itself is counted by the other rule.
        if halts(there) || !halts(there + elsewhere) {
            continue;
        }
        let shared = hosts
            .iter()
            .flat_map(|host| &topology.hosts[*host].services)
            .map(|id| &topology.services[*id])
            .find(|s| {
                needs
                    .users
                    .get(&s.id)
                    .into_iter()
                    .flatten()
                    .any(|(user, _)| !hosts.contains(&topology.services[*user].host))
            });
        let names = list_names(victims.iter().map(|node| node.name.as_str()), 4);
        let place_span = if span.is_somewhere() { span } else { shared.map_or(span, |shared| shared.origin) };
        let mut diagnostic = Diagnostic::new(
            &RULE,
            place_span,
            format!("the loss of {kind} `{place}` stops {} of {total} voting power", there + elsewhere),
        )
        .here(format!("more than {} must be left", 2 * total / 3));
        if let Some(shared) = shared.filter(|shared| shared.origin != place_span) {
            diagnostic = diagnostic.label(shared.origin, format!("`{}` stands there", shared.name));
        }
        if let Some(first) = victims.first() {
            diagnostic = diagnostic.label(first.origin, format!("{names} cannot do without"));
        }
        let elsewhere = match kind {
            "host" => "on another host",
            "region" => "in another region",
            _ => "with another provider",
        };
        sink.push(
            diagnostic.help(format!("name a second one {elsewhere} in `needs:`, or give each voter its own")),
        );
    }
}

/// Whether a node without a service of this kind does no duties.
fn votes(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::ExecutionClient
            | Kind::ConsensusClient
            | Kind::ValidatorClient
            | Kind::ChainNode
            | Kind::Signer
    )
}
