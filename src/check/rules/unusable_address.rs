//! Addresses that lead nowhere.

use crate::check::{Cx, address};
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Environment;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0216",
    name: "unusable-address",
    level: Level::Deny,
    summary: "an address of a host that no other machine can reach",
    docs: r##"## What
The address of a host is a loopback, link-local, multicast, broadcast, reserved or unspecified one, or the name `localhost`. In a `development` network loopback addresses are let through.

## Why
The deploy would log in to the machine it runs on, peers would be told an address that is their own, and the firewall would let in nobody.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 127.0.0.1 } }
services: { el: { host: a, component: geth } }
```

```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, private-address: 0.0.0.0 } }
services: { el: { host: a, component: geth } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: development }
hosts: { a: { address: 127.0.0.1 } }
services: { el: { host: a, component: geth } }
```
"##,
};

/// Looks at every address of every host.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let development = cx.topology.environment == Environment::Development;
    for (name, host) in &cx.manifest.hosts {
        for written in std::iter::once(&host.address).chain(&host.private_address) {
            let local = written.value.eq_ignore_ascii_case("localhost");
            let why = match address::ip(written) {
                Some(ip) if development && ip.is_loopback() => None,
                Some(ip) => address::unusable(ip),
                None => (local && !development).then_some("is the machine that asks"),
            };
            if let Some(why) = why {
                sink.push(
                    Diagnostic::new(
                        &RULE,
                        written.span,
                        format!("host `{name}` cannot be reached at `{written}`"),
                    )
                    .here(why)
                    .help("write the address by which other machines reach the host"),
                );
            }
        }
    }
}
