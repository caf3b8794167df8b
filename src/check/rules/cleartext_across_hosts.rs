//! Signers, databases and engine APIs over the open internet.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::check::{Cx, address};
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0406",
    name: "cleartext-across-hosts",
    level: Level::Deny,
    summary: "a sensitive interface crosses the open internet without encryption",
    docs: r##"## What
A service on one host uses a signer, a database, an engine API or a key manager on another host, the interface is not encrypted, and the provider is reached by a public address.

## Why
Whoever sits on the way reads the password of the database and the requests to the signer, and can change them. A firewall that lets in one address does not help: the address can be forged by the same party.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 198.51.100.20 } }
services:
  db: { host: b, component: postgres }
  signer: { host: a, component: web3signer, needs: { sql: db } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  a: { address: 203.0.113.10, private-address: 10.0.0.1 }
  b: { address: 198.51.100.20, private-address: 10.0.0.2 }
services:
  db: { host: b, component: postgres }
  signer: { host: a, component: web3signer, needs: { sql: db } }
```
"##,
};

/// Schemes that encrypt.
const ENCRYPTED: &[&str] = &["https", "wss", "grpcs", "tls"];

/// Reports each such binding once a place.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let mut told = BTreeSet::new();
    for binding in &topology.bindings {
        let (consumer, provider) =
            (&topology.services[binding.consumer], &topology.services[binding.provider]);
        let Some(interface) = provider.component.provides.get(&binding.interface) else { continue };
        // A companion follows its owner: what is said of the one is said of the other.
        let owner = consumer.owner.and_then(|owner| topology.providers(owner, &binding.interface).next());
        if owner == Some(provider.id) {
            continue;
        }
        let encrypted = interface.protocol.as_deref().is_some_and(|p| ENCRYPTED.contains(&p));
        if !interface.sensitive || encrypted || consumer.host == provider.host {
            continue;
        }
        let (from, to) = (&topology.hosts[consumer.host], &topology.hosts[provider.host]);
        let open = to.peer_address().parse::<IpAddr>().is_ok_and(address::is_public);
        if !open || !told.insert((binding.origin, to.id)) {
            continue;
        }
        sink.push(
            Diagnostic::new(
                &RULE,
                binding.origin,
                format!("`{}` of `{}` crosses the open internet unencrypted", binding.interface, provider.name),
            )
            .here(format!("used by `{}` on host `{}`", consumer.name, from.name))
            .label(to.address_origin, format!("host `{}` is reached by this public address", to.name))
            .help("give both hosts a `private-address` in a private network or VPN, or put both services on one host"),
        );
    }
}
