//! Hosts that a firewall cannot know.

use std::collections::BTreeMap;

use crate::check::{Cx, address};
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Exposure;
use crate::text::Span;
use crate::topology::{Host, HostId, Publish, Topology};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0221",
    name: "name-in-firewall",
    level: Level::Deny,
    summary: "a host without an IP address must pass a firewall",
    docs: r##"## What
The firewall of one host must let in another one, and of that one only a DNS name is known.

## Why
nftables looks a name up once, when the rules are loaded, and ufw takes none. After the next change of the name the firewall lets in whoever has the old address, and drops the host that was meant.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  el-1: { address: 203.0.113.10 }
  rpc-1: { address: rpc-1.demo-chain.org }
services:
  el: { host: el-1, component: geth }
  rpc: { host: rpc-1, component: haproxy, needs: { eth-rpc: el } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  el-1: { address: 203.0.113.10, private-address: 10.20.0.10 }
  rpc-1: { address: rpc-1.demo-chain.org, private-address: 10.20.0.11 }
services:
  el: { host: el-1, component: geth }
  rpc: { host: rpc-1, component: haproxy, needs: { eth-rpc: el } }
```
"##,
};

/// Reports each host that is known by name only and that some firewall must let in.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let nameless = |host: &Host| {
        let mut known = std::iter::once(&host.address).chain(&host.private_address);
        !known.any(|text| address::ip(text).is_some())
    };
    let hosts: Vec<&Host> = topology.hosts.iter().filter(|host| nameless(host)).collect();
    if hosts.is_empty() {
        return;
    }
    let (peers, callers) = (peers(topology), callers(topology));
    for host in hosts {
        let by_peers = peers.iter().find(|(home, ..)| *home != host.id);
        let Some((home, origin)) = by_peers.or_else(|| callers.get(&host.id)).copied() else { continue };
        sink.push(
            Diagnostic::new(
                &RULE,
                host.address_origin,
                format!("the firewall of `{}` cannot let in host `{}`", topology.hosts[home].name, host.name),
            )
            .here("a DNS name")
            .label(origin, "wants it to be let in")
            .help("give the host an IP address, or a `private-address` by which it reaches the others"),
        );
    }
}

/// The hosts that others must let in, each with the first of those and the binding that wants it.
fn callers(topology: &Topology) -> BTreeMap<HostId, (HostId, Span)> {
    let mut callers = BTreeMap::new();
    for binding in &topology.bindings {
        let (from, to) = (&topology.services[binding.consumer], &topology.services[binding.provider]);
        let published = to.listener(&binding.interface).is_some_and(|l| l.publish.is_some());
        let inside = topology.hosts[from.host].shares_cluster(&topology.hosts[to.host]);
        if from.host != to.host && !inside && published {
            callers.entry(from.host).or_insert((to.host, binding.origin));
        }
    }
    callers
}

/// Two hosts that let in all others, at most: one of them is always another host than the one asked about.
fn peers(topology: &Topology) -> Vec<(HostId, Span)> {
    let mut found: Vec<(HostId, Span)> = Vec::new();
    for service in &topology.services {
        let open = service.listeners.iter().any(|listener| {
            listener.exposure == Exposure::Peers
                && listener.publish.as_ref().is_some_and(|publish| *publish != Publish::Loopback)
        });
        if open && found.iter().all(|(home, _)| *home != service.host) {
            found.push((service.host, service.origin));
        }
        if found.len() == 2 {
            break;
        }
    }
    found
}
