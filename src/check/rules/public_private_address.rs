//! Private addresses that are not.

use crate::check::{Cx, address};
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0238",
    name: "public-private-address",
    level: Level::Warn,
    summary: "a private address that the internet can reach",
    docs: r##"## What
`private-address` is an IP address of the internet.

## Why
Databases, signers and metrics are bound to it because it is private. Only the firewall is left between them and everybody. Leave the key out where there is no private network: it says no more than `address` does.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, private-address: 5.9.17.40 } }
services: { db: { host: a, component: postgres } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, private-address: 10.20.0.10 } }
services: { db: { host: a, component: postgres } }
secrets: { restic: { env: RESTIC_PASSWORD } }
backup: { to: /mnt/backup, password: { secret: restic } }
```
"##,
};

/// Looks at every private address; those of examples, and those that are no address at all, have rules of their own.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for (name, host) in &cx.manifest.hosts {
        let Some(written) = &host.private_address else { continue };
        let Some(ip) = address::ip(written) else { continue };
        let told_elsewhere = address::unusable(ip).is_some() || address::mapped(ip).is_some();
        if told_elsewhere || address::is_private(ip) || address::is_documentation(ip) {
            continue;
        }
        sink.push(
            Diagnostic::new(
                &RULE,
                written.span,
                format!("the private address of host `{name}` is a public one"),
            )
            .here("the internet can reach it")
            .help("write an address of a private network or VPN, or leave the key out"),
        );
    }
}
