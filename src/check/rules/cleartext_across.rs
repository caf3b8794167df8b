//! Calls that cross the internet in clear.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Cx, address};
use crate::diag::{Diagnostic, Level, Rule, Sink, list_names};
use crate::manifest::{Environment, Exposure};
use crate::topology::{Binding, HostId};

/// Schemes that encrypt.
const ENCRYPTED: &[&str] = &["https", "wss", "grpcs", "tls", "quic"];

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0241",
    name: "cleartext-across",
    level: Level::Warn,
    summary: "services talk across the internet without encryption",
    docs: r##"## What
In production a service uses an interface of another host by its public address, and the protocol is not encrypted.

## Why
Every network on the way can read and change it: JSON-RPC answers, signing requests, database passwords. A firewall says who may connect, not who may listen. Interfaces that are `public` by choice are left out.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  db-1: { address: 203.0.113.10 }
  sign-1: { address: 198.51.100.10 }
services:
  db: { host: db-1, component: postgres }
  signer: { host: sign-1, component: web3signer, needs: { sql: db } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  db-1: { address: 203.0.113.10, private-address: 10.20.0.10 }
  sign-1: { address: 198.51.100.10, private-address: 10.20.0.11 }
services:
  db: { host: db-1, component: postgres }
  signer: { host: sign-1, component: web3signer, needs: { sql: db } }
secrets: { restic: { env: RESTIC_PASSWORD } }
backup: { to: /mnt/backup, password: { secret: restic } }
```
"##,
};

/// One finding for the network: a VPN is one decision.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    if topology.environment != Environment::Production {
        return;
    }
    let mut called: BTreeMap<HostId, &Binding> = BTreeMap::new();
    let mut interfaces: BTreeSet<&str> = BTreeSet::new();
    for binding in &topology.bindings {
        let (consumer, provider) =
            (&topology.services[binding.consumer], &topology.services[binding.provider]);
        let Some(listener) = provider.listener(&binding.interface).filter(|l| l.port.is_some()) else {
            continue;
        };
        let encrypted = listener.protocol.as_deref().is_some_and(|protocol| ENCRYPTED.contains(&protocol));
        let home = &topology.hosts[provider.host];
        let public = address::ip(home.peer_address())
            .is_some_and(|ip| !address::is_private(ip) && address::unusable(ip).is_none());
        if consumer.host != provider.host && public && !encrypted && listener.exposure != Exposure::Public {
            called.entry(home.id).or_insert(binding);
            interfaces.insert(&binding.interface);
        }
    }
    let mut hosts = called.iter().map(|(host, binding)| (&topology.hosts[*host], binding));
    let Some((first, binding)) = hosts.next() else { return };
    let names = called.keys().map(|host| topology.hosts[*host].name.as_str());
    let mut diagnostic = Diagnostic::new(
        &RULE,
        first.address_origin,
        format!(
            "calls of {} to {} cross the internet in clear",
            list_names(interfaces, 6),
            list_names(names, 6)
        ),
    )
    .here("a public address")
    .label(
        binding.origin,
        format!("`{}` uses `{}` of it", topology.services[binding.consumer].name, binding.interface),
    );
    for (host, _) in hosts.take(2) {
        diagnostic = diagnostic.label(host.address_origin, "another one");
    }
    sink.push(
        diagnostic
            .help("join the hosts by a VPN such as WireGuard and give each its `private-address` in it"),
    );
}
