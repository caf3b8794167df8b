//! Container networks that cover addresses of hosts.

use ipnet::IpNet;

use crate::check::Cx;
use crate::check::address::{self, Ranges};
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::text::Span;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0226",
    name: "subnet-hides-host",
    level: Level::Deny,
    summary: "a container network covers the address of a host or of administrators",
    docs: r##"## What
The subnet of a container network holds the address of a host of this network, or addresses from which administrators log in.

## Why
On every host with that network the kernel sends packets for those addresses to its own bridge. The other host is gone; and the answers to your SSH session never come back.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks: { back: { subnet: 10.20.0.0/16 } }
hosts:
  a: { address: 203.0.113.10, private-address: 10.20.0.10 }
  b: { address: 203.0.113.11, private-address: 10.20.0.11 }
services: { el: { hosts: [a, b], component: geth, networks: [back] } }
```

```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks: { back: { subnet: 192.168.0.0/16 } }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, networks: [back] } }
security: { admin-networks: [192.168.7.0/24] }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks: { back: { subnet: 172.30.20.0/24 } }
hosts:
  a: { address: 203.0.113.10, private-address: 10.20.0.10 }
  b: { address: 203.0.113.11, private-address: 10.20.0.11 }
services: { el: { hosts: [a, b], component: geth, networks: [back] } }
security: { admin-networks: [192.168.7.0/24] }
```
"##,
};

/// Looks up each subnet among the addresses of hosts and of administrators.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let hosts = cx.manifest.hosts.iter().flat_map(|(name, host)| {
        let written = std::iter::once(&host.address).chain(&host.private_address);
        written.filter_map(|text| {
            Some((IpNet::from(address::ip(text)?), (Some(name.value.as_str()), text.span)))
        })
    });
    let administrators = cx.manifest.security.iter().flat_map(|security| &security.admin_networks);
    let nets = administrators.map(|net| (net.value, (None, net.span)));
    let taken: Ranges<(Option<&str>, Span)> = Ranges::new(hosts.chain(nets));
    for (name, network) in &cx.manifest.networks {
        let Some(subnet) = &network.subnet else { continue };
        let Some((net, (host, span))) = taken.overlap(subnet) else { continue };
        let who = host.map_or_else(
            || format!("administrators come from {net}"),
            |host| format!("host `{host}` has {}", net.addr()),
        );
        sink.push(
            Diagnostic::new(
                &RULE,
                subnet.span,
                format!("the containers of `{name}` take addresses of somebody else"),
            )
            .here("on each host these addresses lead to its own containers")
            .label(span, who)
            .help("take a range that nothing else uses, such as 172.30.0.0/24"),
        );
    }
}
