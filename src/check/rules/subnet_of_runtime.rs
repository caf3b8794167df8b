//! Container networks in the ranges from which the runtime serves itself.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net};

use crate::check::Cx;
use crate::check::address::Ranges;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Runtime;
use crate::topology::{Host, Topology};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0227",
    name: "subnet-of-runtime",
    level: Level::Warn,
    summary: "a subnet that the container runtime takes for itself",
    docs: r##"## What
The subnet of a container network overlaps the default bridge of Docker (172.17.0.0/16) or podman (10.88.0.0/16), or a range from which the runtime will serve the networks of the same host that have no subnet: 172.18.0.0/16 and on for Docker, 10.89.0.0/24 and on for podman.

## Why
The runtime refuses the second network that overlaps (`Pool overlaps with other one on this address space`). Which one comes second depends on the order of the start. Hosts whose runtime was told other ranges may do as they like; the manifest cannot know.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks: { back: { subnet: 172.17.0.0/24 } }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, networks: [back] } }
```

The network `default` has no subnet, and Docker gives it 172.18.0.0/16:

```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks: { back: { subnet: 172.18.5.0/24 } }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, networks: [back, default] } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks: { back: { subnet: 172.30.10.0/24 } }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, networks: [back, default] } }
```
"##,
};

/// Looks at the networks of each host; a network is reported once.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for host in cx.topology.machines() {
        let used: BTreeSet<&str> =
            cx.topology.services_on(host.id).flat_map(|s| &s.networks).map(String::as_str).collect();
        if used.is_empty() {
            continue;
        }
        let taken = taken(cx.topology, host, &used);
        for name in used {
            let written = cx.manifest.networks.get(name).and_then(|network| network.subnet.as_ref());
            let Some(subnet) = written else { continue };
            let Some((range, whose)) = taken.overlap(subnet) else { continue };
            let runtime = runtime_name(host.runtime);
            let here = whose.map_or_else(
                || format!("{range} is its default bridge"),
                |other| format!("it gives {range} to `{other}`, which has no subnet"),
            );
            sink.push_once(
                Diagnostic::new(
                    &RULE,
                    subnet.span,
                    format!("the subnet of `{name}` overlaps one that {runtime} takes"),
                )
                .here(here)
                .label(host.origin, "on this host")
                .help("take a range that nothing else uses, such as 172.30.0.0/24"),
            );
        }
    }
}

fn runtime_name(runtime: Runtime) -> &'static str {
    match runtime {
        Runtime::Compose | Runtime::SystemdDocker | Runtime::Native | Runtime::Kubernetes => "Docker",
        Runtime::Quadlet => "podman",
    }
}

/// The ranges that the runtime of a host takes without being told, with the network that gets them.
fn taken<'a>(topology: &Topology, host: &Host, used: &BTreeSet<&'a str>) -> Ranges<Option<&'a str>> {
    let unnumbered =
        used.iter().copied().filter(|name| topology.networks.get(*name).is_none_or(|n| n.subnet.is_none()));
    let mut ranges = Vec::new();
    if host.runtime == Runtime::Quadlet {
        ranges.push((net(10, 88, 0, 16), None));
        ranges
            .extend((0..=u8::MAX).zip(unnumbered).map(|(index, name)| (net(10, 89, index, 24), Some(name))));
    } else {
        ranges.push((net(172, 17, 0, 16), None));
        // After 172.31.0.0/16 it goes on in 192.168.0.0/16, in an order of its own.
        ranges.extend((18..=31).zip(unnumbered).map(|(second, name)| (net(172, second, 0, 16), Some(name))));
    }
    Ranges::new(ranges)
}

fn net(a: u8, b: u8, c: u8, prefix: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new(Ipv4Addr::new(a, b, c, 0), prefix).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_whole_networks() {
        assert_eq!(net(172, 17, 0, 16).to_string(), "172.17.0.0/16");
        assert_eq!(net(10, 89, 3, 24).network(), std::net::IpAddr::V4(Ipv4Addr::new(10, 89, 3, 0)));
    }
}
