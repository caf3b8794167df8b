//! Container networks without room.

use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// Addresses of a subnet that no container gets: the network, its gateway, the broadcast.
const RESERVED: u128 = 3;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0228",
    name: "subnet-too-small",
    level: Level::Deny,
    summary: "a subnet with fewer addresses than containers",
    docs: r##"## What
More containers of one host join a network than its subnet has addresses for. Three of them are never given to a container: that of the network, of its gateway, and the broadcast.

## Why
The last container does not start: `no available IPv4 addresses on this network's address pools`. Which one is the last changes from start to start.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks: { back: { subnet: 172.30.10.0/30 } }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth, networks: [back] }
  db: { host: a, component: postgres, networks: [back] }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks: { back: { subnet: 172.30.10.0/29 } }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth, networks: [back] }
  db: { host: a, component: postgres, networks: [back] }
secrets: { restic: { env: RESTIC_PASSWORD } }
backup: { to: /mnt/backup, password: { secret: restic } }
```
"##,
};

/// Counts the containers of each network on each host.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for host in &cx.topology.hosts {
        let mut members: BTreeMap<&str, u128> = BTreeMap::new();
        for name in cx.topology.services_on(host.id).flat_map(|service| &service.networks) {
            *members.entry(name).or_default() += 1;
        }
        for (name, count) in members {
            let written = cx.manifest.networks.get(name).and_then(|network| network.subnet.as_ref());
            let Some(subnet) = written.filter(|subnet| usable(subnet) < count) else { continue };
            sink.push(
                Diagnostic::new(
                    &RULE,
                    subnet.span,
                    format!("network `{name}` has too few addresses for {count} containers"),
                )
                .here(format!("{} for containers", usable(subnet)))
                .label(host.origin, format!("{count} containers of this host join it"))
                .help("take a larger subnet: a `/24` has room for 253"),
            );
        }
    }
}

/// How many containers a subnet has room for.
fn usable(subnet: &IpNet) -> u128 {
    let bits = u32::from(subnet.max_prefix_len() - subnet.prefix_len());
    1_u128.checked_shl(bits).unwrap_or(u128::MAX).saturating_sub(RESERVED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room() {
        for (net, room) in [("10.0.0.0/24", 253), ("10.0.0.0/30", 1), ("10.0.0.0/32", 0), ("fd00::/125", 5)] {
            assert_eq!(usable(&net.parse().unwrap()), room, "{net}");
        }
        assert_eq!(usable(&"::/0".parse().unwrap()), u128::MAX - 3);
    }
}
