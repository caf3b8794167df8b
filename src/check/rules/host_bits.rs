//! Networks with an address of a machine in them.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0230",
    name: "host-bits",
    level: Level::Deny,
    summary: "a network that is written with the address of one machine",
    docs: r##"## What
The address of a network has bits set behind its prefix: `172.30.10.5/24`.

## Why
Docker refuses such a subnet. Among `admin-networks:` one of two things was meant: that machine alone (`/32`), or its whole network; the difference is who may log in.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks: { back: { subnet: 172.30.10.5/24 } }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, networks: [back] } }
security: { admin-networks: [192.0.2.17/24] }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks: { back: { subnet: 172.30.10.0/24 } }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, networks: [back] } }
security: { admin-networks: [192.0.2.17/32] }
```
"##,
};

/// Looks at every network of the manifest.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let subnets = cx.manifest.networks.values().filter_map(|network| network.subnet.as_ref());
    for subnet in subnets.filter(|net| net.addr() != net.network()) {
        sink.push(
            Diagnostic::new(&RULE, subnet.span, format!("`{subnet}` is an address in a network"))
                .here("bits are set behind the prefix")
                .help(format!("write `{}`", subnet.trunc())),
        );
    }
    let administrators = cx.manifest.security.iter().flat_map(|security| &security.admin_networks);
    for net in administrators.filter(|net| net.addr() != net.network()) {
        let single = net.max_prefix_len();
        sink.push(
            Diagnostic::new(&RULE, net.span, format!("`{net}` is an address in a network"))
                .here("one machine, or all of them?")
                .help(format!(
                    "write `{}/{single}` for the machine or `{}` for the network",
                    net.addr(),
                    net.trunc()
                )),
        );
    }
}
