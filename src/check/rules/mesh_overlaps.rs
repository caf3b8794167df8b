//! A mesh whose addresses are taken.

use std::net::IpAddr;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0880",
    name: "mesh-overlaps",
    level: Level::Deny,
    summary: "the mesh has addresses that are somebody else's",
    docs: r##"## What
The subnet of `security.mesh` shares addresses with a container network, or holds the address by which a host is reached outside of the mesh.

## Why
Packets for the others go into the wrong network: to a container, or into the tunnel that they should carry.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks: { front: { subnet: 10.99.0.0/28 } }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
services: { el: { host: a, component: geth, networks: [front] } }
security: { mesh: { subnet: 10.99.0.0/24 } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks: { front: { subnet: 172.30.0.0/24 } }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
services: { el: { host: a, component: geth, networks: [front] } }
security: { mesh: { subnet: 10.99.0.0/24 } }
```
"##,
};

/// Looks at the container networks, then at the hosts.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(mesh) = &cx.topology.mesh else { return };
    let help = "give the mesh a private subnet that nothing else uses";
    for (name, network) in &cx.manifest.networks {
        let Some(subnet) = network.subnet.as_ref() else { continue };
        let net = subnet.value.0;
        if net.contains(&mesh.subnet.network()) || mesh.subnet.contains(&net.network()) {
            sink.push(
                Diagnostic::new(&RULE, mesh.origin, format!("the mesh and the network `{name}` overlap"))
                    .here(format!("{} and {net} share addresses", mesh.subnet))
                    .label(subnet.span, format!("the addresses of `{name}`"))
                    .help(help),
            );
        }
    }
    for host in &cx.topology.hosts {
        if host.address.parse::<IpAddr>().is_ok_and(|ip| mesh.subnet.contains(&ip)) {
            sink.push(
                Diagnostic::new(
                    &RULE,
                    host.address_origin,
                    format!("host `{}` is reached in the mesh", host.name),
                )
                .here("the tunnel would carry itself")
                .label(mesh.origin, format!("the addresses of {}", mesh.subnet))
                .help(help),
            );
        }
    }
}
