//! Container networks in ranges of the internet.

use ipnet::IpNet;

use crate::check::{Cx, address};
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0229",
    name: "public-subnet",
    level: Level::Warn,
    summary: "a container network with addresses of the internet",
    docs: r##"## What
The subnet of a container network is not in a range for private use: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7.

## Why
Those addresses belong to somebody. On your hosts they lead to containers: a peer, a relay or a registry there cannot be reached, and only there.

## Bad
A slip of one digit, 172.16.0.0/12 ends at 172.31.255.255:

```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks: { back: { subnet: 172.32.0.0/24 } }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, networks: [back] } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks: { back: { subnet: 172.30.0.0/24 } }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, networks: [back] } }
```
"##,
};

/// Looks at the first and the last address of each subnet.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for (name, network) in &cx.manifest.networks {
        let Some(subnet) = network.subnet.as_ref().filter(|subnet| !is_private(subnet)) else { continue };
        sink.push(
            Diagnostic::new(&RULE, subnet.span, format!("network `{name}` has addresses of the internet"))
                .here("not for private use")
                .help("take a part of 172.16.0.0/12, 192.168.0.0/16 or 10.0.0.0/8"),
        );
    }
}

/// Whether the whole subnet is private; the private ranges are whole networks, so both ends tell.
fn is_private(subnet: &IpNet) -> bool {
    let wide = matches!(subnet, IpNet::V4(v4) if v4.prefix_len() < 8) || subnet.prefix_len() < 7;
    !wide && address::is_private(subnet.network()) && address::is_private(subnet.broadcast())
}
