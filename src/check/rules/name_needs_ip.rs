//! DNS names where only an IP address will do.

use std::collections::BTreeSet;

use crate::check::{Cx, address};
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::HostId;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0220",
    name: "name-needs-ip",
    level: Level::Deny,
    summary: "a DNS name where an IP address is needed",
    docs: r##"## What
A `private-address` is a DNS name, or the address of a host is one and a program on it takes its own address as IP only.

## Why
Ports are published on the private address, and container runtimes bind to IP addresses. A client that is told a name for its own address (`--nat=extip:...`) refuses to start.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: node-1.demo-chain.org } }
services: { el: { host: a, component: geth } }
```

```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, private-address: node-1.internal } }
services: { db: { host: a, component: postgres } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, private-address: 10.20.0.10 } }
services: { el: { host: a, component: geth } }
```
"##,
};

/// Looks at private addresses, then at programs that advertise the address of their host.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for (name, host) in &cx.manifest.hosts {
        let Some(written) = host.private_address.as_ref().filter(|w| address::ip(w).is_none()) else {
            continue;
        };
        sink.push(
            Diagnostic::new(
                &RULE,
                written.span,
                format!("the private address of host `{name}` must be an IP address"),
            )
            .here("a DNS name")
            .help("ports are published on it: write the IP address that the name stands for"),
        );
    }
    let mut told: BTreeSet<HostId> = BTreeSet::new();
    for service in cx.topology.services.iter().filter(|service| service.component.host_ip) {
        let host = &cx.topology.hosts[service.host];
        if address::ip(&host.address).is_some() || !told.insert(host.id) {
            continue;
        }
        sink.push(
            Diagnostic::new(
                &RULE,
                host.address_origin,
                format!("`{}` needs the IP address of host `{}`", service.name, host.name),
            )
            .here("a DNS name")
            .label(service.origin, format!("a `{}` tells peers its IP address", service.component.component))
            .help("write the IP address that the name stands for"),
        );
    }
}
