//! State without a backup.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0405",
    name: "backup-missing",
    level: Level::Warn,
    summary: "state that cannot be had again is not saved",
    docs: r##"## What
A service keeps state that the chain cannot give back (a slashing-protection database, keys), and the manifest has no `backup:`.

## Why
A lost slashing-protection database means that its keys must stay silent, or risk being slashed.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  db: { host: a, component: postgres }
  signer: { host: a, component: web3signer, needs: { sql: db } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  db: { host: a, component: postgres }
  signer: { host: a, component: web3signer, needs: { sql: db } }
secrets: { restic: { env: RESTIC_PASSWORD } }
backup: { to: "/mnt/backup", password: { secret: restic } }
```
"##,
};

/// Reports each service whose state should be saved and is not.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    if cx.topology.backup.is_some() || !cx.resolved {
        return;
    }
    for service in cx.topology.services.iter().filter(|s| s.component.backup.is_some()) {
        sink.push(
            Diagnostic::new(&RULE, service.origin, format!("the state of `{}` is not saved", service.name))
                .here("cannot be had again from the chain")
                .help("add `backup: { to: <restic repository>, password: { secret: <name> } }`"),
        );
    }
}
