//! Logins from everywhere.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0410",
    name: "admin-from-anywhere",
    level: Level::Warn,
    summary: "the whole internet may try to log in",
    docs: r##"## What
`admin-networks` holds a network of all addresses; or real value is at stake and there is no `admin-networks` at all, which leaves ssh open to everybody.

## Why
A login that is open to all is one leaked key, or one flaw in sshd, away from every host of the network.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
```

A network of all addresses, whatever the environment:

```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
security: { admin-networks: [0.0.0.0/0] }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
security: { admin-networks: [192.0.2.0/24] }
```
"##,
};

/// Looks at the list, and at its absence.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let written = cx.manifest.security.as_ref().map_or(&[][..], |security| &security.admin_networks);
    for network in written.iter().filter(|network| network.prefix_len() == 0) {
        sink.push(
            Diagnostic::new(&RULE, network.span, "everybody is an administrator")
                .here("all addresses there are")
                .help("write the network of your office or VPN, for example `198.51.100.0/24`"),
        );
    }
    if written.is_empty() && cx.at_stake() && cx.topology.firewall.is_ours() {
        sink.push(
            Diagnostic::new(
                &RULE,
                cx.manifest.network.name.span,
                "ssh of every host is open to the whole internet",
            )
            .here("real value is at stake here")
            .help("add `security: { admin-networks: [<network of your office or VPN>] }`"),
        );
    }
}
