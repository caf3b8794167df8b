//! Private addresses where they are not known.

use std::collections::BTreeSet;

use crate::check::{Cx, address};
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Environment;
use crate::topology::{Binding, Host, HostId, Topology};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0219",
    name: "region-local-address",
    level: Level::Deny,
    summary: "a private address is used from where it is not known",
    docs: r##"## What
A service reaches another host by a private address (RFC 1918, RFC 6598, RFC 4193), and its own host has no address in a private network; or the two hosts stand in different regions or providers, and not both of them say by `private-address` that a private network spans them. A `development` network is let through.

## Why
Packets to a private address do not leave the network of their region. Inside a network that does span both, the firewall knows the other host only by the addresses that stand in the manifest, and drops the rest.

## Bad
The private network of one region, used from another one:

```yaml
netgen: 1
network: { name: demo, chain: hoodi }
regions: { eu: { provider: hetzner }, us: { provider: aws } }
hosts:
  el-eu: { address: 10.0.1.10, region: eu }
  bn-us: { address: 10.9.1.10, region: us }
services:
  el: { host: el-eu, component: geth }
  bn: { host: bn-us, component: lighthouse-beacon, settings: { checkpoint-sync: "https://hoodi.beaconstate.ethstaker.cc" } }
```

A host that is not in the private network:

```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  el-1: { address: 203.0.113.10, private-address: 10.20.0.10 }
  bn-1: { address: 203.0.113.11 }
services:
  el: { host: el-1, component: geth }
  bn: { host: bn-1, component: lighthouse-beacon, settings: { checkpoint-sync: "https://hoodi.beaconstate.ethstaker.cc" } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
regions: { eu: { provider: hetzner }, us: { provider: aws } }
hosts:
  el-eu: { address: 203.0.113.10, private-address: 10.20.0.10, region: eu }
  bn-us: { address: 198.51.100.10, private-address: 10.20.1.10, region: us }
services:
  el: { host: el-eu, component: geth }
  bn: { host: bn-us, component: lighthouse-beacon, settings: { checkpoint-sync: "https://hoodi.beaconstate.ethstaker.cc" } }
```
"##,
};

/// Why a host cannot reach a private address.
enum Why {
    /// It has no address in a private network.
    Outside,
    /// It stands somewhere else, and nobody says that a network spans both.
    Apart(&'static str),
}

/// Looks at each pair of hosts between which a binding runs, once.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    if topology.environment == Environment::Development {
        return;
    }
    let mut told: BTreeSet<(HostId, Option<HostId>)> = BTreeSet::new();
    for binding in &topology.bindings {
        let (consumer, provider) =
            (&topology.services[binding.consumer], &topology.services[binding.provider]);
        let socket = provider.listener(&binding.interface).is_some_and(|l| l.port.is_some());
        if !socket || consumer.host == provider.host {
            continue;
        }
        let (from, to) = (&topology.hosts[consumer.host], &topology.hosts[provider.host]);
        if !address::ip(to.peer_address()).is_some_and(address::is_private) {
            continue;
        }
        let Some(why) = unreachable(topology, from, to) else { continue };
        // A host outside is one thing to change, however many it calls.
        let key = (from.id, matches!(why, Why::Apart(_)).then_some(to.id));
        if told.insert(key) {
            sink.push(report(cx, binding, from, to, &why));
        }
    }
}

/// Why `from` cannot reach the private address of `to`, if so.
fn unreachable(topology: &Topology, from: &Host, to: &Host) -> Option<Why> {
    let apart = match (from.region, to.region) {
        (Some(a), Some(b)) if a != b => Some("stands in another region"),
        _ => match (&from.provider, &to.provider) {
            (Some(a), Some(b)) if a != b => Some("stands at another provider"),
            _ => None,
        },
    };
    let inside = std::iter::once(&from.address)
        .chain(&from.private_address)
        .any(|own| address::ip(own).is_none_or(address::is_private));
    if !inside {
        // Somebody else's firewall may know more than the manifest says.
        let known = topology.firewall.is_ours() || apart.is_some();
        return known.then_some(Why::Outside);
    }
    let spanned = from.private_address.is_some() && to.private_address.is_some();
    apart.filter(|_| !spanned).map(Why::Apart)
}

fn report(cx: &Cx<'_>, binding: &Binding, from: &Host, to: &Host, why: &Why) -> Diagnostic {
    let topology = cx.topology;
    let (consumer, provider) = (&topology.services[binding.consumer], &topology.services[binding.provider]);
    let private = cx.manifest.hosts.get(to.name.as_str()).and_then(|host| host.private_address.as_ref());
    let target = private.map_or(to.address_origin, |written| written.span);
    let message = format!("host `{}` cannot reach host `{}` at `{}`", from.name, to.name, to.peer_address());
    let known = "known in its own private network only";
    let diagnostic = match why {
        Why::Outside => Diagnostic::new(&RULE, from.address_origin, message)
            .here("has no address in a private network")
            .label(target, known),
        Why::Apart(apart) => Diagnostic::new(&RULE, target, message)
            .here(known)
            .label(from.origin, format!("`{}` {apart}", from.name)),
    };
    diagnostic
        .label(
            binding.origin,
            format!("`{}` uses `{}` of `{}`", consumer.name, binding.interface, provider.name),
        )
        .help(
            "where a VPN joins the hosts, give each its `private-address` in it; otherwise leave private addresses out",
        )
}
