//! IPv4 on one end, IPv6 on the other.

use std::net::IpAddr;

use crate::check::{Cx, address};
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::Host;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0237",
    name: "address-family",
    level: Level::Deny,
    summary: "a host with IPv4 addresses only must reach one by IPv6, or the other way round",
    docs: r##"## What
A service reaches another host by an IPv6 address, and its own host has IPv4 addresses only; or the other way round.

## Why
The firewall of the other host lets in the addresses that it knows. The packets come from an address of the other family, which nobody told it.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  el-1: { address: "2001:db8::10" }
  rpc-1: { address: 203.0.113.11 }
services:
  el: { host: el-1, component: geth }
  rpc: { host: rpc-1, component: haproxy, needs: { eth-rpc: el } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  el-1: { address: "2001:db8::10", private-address: 10.20.0.10 }
  rpc-1: { address: 203.0.113.11, private-address: 10.20.0.11 }
services:
  el: { host: el-1, component: geth }
  rpc: { host: rpc-1, component: haproxy, needs: { eth-rpc: el } }
```
"##,
};

/// Looks at the hosts that call others; the first call that fails is told.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    if !topology.firewall.is_ours() {
        return;
    }
    for binding in &topology.bindings {
        let (consumer, provider) =
            (&topology.services[binding.consumer], &topology.services[binding.provider]);
        let (from, to) = (&topology.hosts[consumer.host], &topology.hosts[provider.host]);
        let socket = provider.listener(&binding.interface).is_some_and(|l| l.port.is_some());
        let Some(target) = address::ip(to.peer_address()).filter(|_| socket && from.id != to.id) else {
            continue;
        };
        if shares_family(from, target) {
            continue;
        }
        let (theirs, ours) = if target.is_ipv6() { ("IPv6", "IPv4") } else { ("IPv4", "IPv6") };
        sink.push_once(
            Diagnostic::new(
                &RULE,
                from.address_origin,
                format!("host `{}` has no {theirs} address to reach host `{}` with", from.name, to.name),
            )
            .here(format!("{ours} only"))
            .label(to.address_origin, format!("is reached by {theirs}"))
            .label(
                binding.origin,
                format!("`{}` uses `{}` of `{}`", consumer.name, binding.interface, provider.name),
            )
            .help("give both hosts addresses of one family; a `private-address` counts"),
        );
    }
}

/// Whether a host has an address of the same family; a DNS name may stand for both.
fn shares_family(host: &Host, target: IpAddr) -> bool {
    let mut own = std::iter::once(&host.address).chain(&host.private_address);
    own.any(|text| address::ip(text).is_none_or(|ip| ip.is_ipv4() == target.is_ipv4()))
}
