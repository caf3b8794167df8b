//! Container networks that overlap.

use ipnet::IpNet;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0212",
    name: "overlapping-subnets",
    level: Level::Deny,
    summary: "two container networks overlap",
    docs: r##"## What
Two entries of `networks:` have subnets that share addresses.

## Why
Docker refuses to create the second one on a host, or routes packets into the wrong one.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks:
  front: { subnet: 172.30.0.0/16 }
  back: { subnet: 172.30.10.0/24, internal: true }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, networks: [front, back] } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks:
  front: { subnet: 172.30.0.0/24 }
  back: { subnet: 172.30.10.0/24, internal: true }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, networks: [front, back] } }
```
"##,
};

/// Reports the second of two subnets that overlap.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut subnets: Vec<(IpNet, _, &str)> = cx
        .manifest
        .networks
        .iter()
        .filter_map(|(name, network)| {
            let subnet = network.subnet.as_ref()?;
            Some((subnet.value.0, subnet.span, name.value.as_str()))
        })
        .collect();
    // Sorted by first address, an overlap always touches the widest reach so far.
    subnets.sort_by_key(|(net, span, _)| (net.network(), net.prefix_len(), *span));
    let mut reach: Option<(IpNet, _, &str)> = None;
    for (net, span, name) in subnets {
        match reach {
            Some((wide, at, other)) if wide.contains(&net.network()) => sink.push(
                Diagnostic::new(&RULE, span, format!("networks `{name}` and `{other}` overlap"))
                    .here(format!("{net} lies in {wide}"))
                    .label(at, format!("`{other}` has {wide}"))
                    .help("give each network a subnet of its own"),
            ),
            _ => reach = Some((net, span, name)),
        }
    }
}
