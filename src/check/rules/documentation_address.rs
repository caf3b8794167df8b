//! Addresses of examples in production.

use crate::check::{Cx, address};
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Environment;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0218",
    name: "documentation-address",
    level: Level::Warn,
    summary: "an address that is reserved for documentation",
    docs: r##"## What
A network that says `environment: production` has a host with an address from a range that is reserved for documentation: 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32, 3fff::/20.

## Why
Nobody has these addresses. They came from an example, and the deploy will reach no machine. Networks that do not say what they are may be drafts, and are let through.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts: { a: { address: 203.0.113.10, ssh: { user: deploy } } }
services: { el: { host: a, component: geth } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts: { a: { address: 10.20.0.10, ssh: { user: deploy } } }
services: { el: { host: a, component: geth } }
```
"##,
};

/// Reports such addresses where the manifest itself speaks of production.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    if cx.manifest.network.environment != Some(Environment::Production) {
        return;
    }
    let hosts = cx.manifest.hosts.values();
    for written in hosts.flat_map(|host| std::iter::once(&host.address).chain(&host.private_address)) {
        if address::ip(written).is_some_and(address::is_documentation) {
            sink.push(
                Diagnostic::new(&RULE, written.span, format!("no machine has the address `{written}`"))
                    .here("reserved for documentation")
                    .help("write the address of the machine"),
            );
        }
    }
}
