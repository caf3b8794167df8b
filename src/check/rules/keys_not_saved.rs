//! Keys of validators that die with their disk.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Environment;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0870",
    name: "keys-not-saved",
    level: Level::Warn,
    summary: "keys of validators in production are not saved",
    docs: r##"## What
A service keeps keys that sign for validators on its disk, the network is `production`, and the manifest has no `backup:`.

## Why
A validator whose key is lost can neither attest nor leave: its stake leaks away until the chain removes it. What it signed before is lost too, so that the same key, found elsewhere, may be slashed.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: mainnet, environment: production }
hosts: { a: { address: 203.0.113.10 } }
services:
  db: { host: a, component: postgres }
  signer: { host: a, component: web3signer, needs: { sql: db } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: mainnet, environment: production }
hosts: { a: { address: 203.0.113.10 } }
services:
  db: { host: a, component: postgres }
  signer: { host: a, component: web3signer, needs: { sql: db } }
secrets: { restic: { env: RESTIC_PASSWORD } }
backup: { to: /mnt/backup, password: { secret: restic } }
```
"##,
};

/// Reports each service with keys, where nothing is saved.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    if topology.backup.is_some() || !cx.resolved || topology.environment != Environment::Production {
        return;
    }
    for service in &topology.services {
        let Some(volume) = service.key_volumes().next() else { continue };
        sink.push(
            Diagnostic::new(&RULE, service.origin, format!("the keys of `{}` are not saved", service.name))
                .here(format!("they lie in `{}` of its host, and nowhere else", volume.host_path))
                .help("add `backup: { to: <restic repository>, password: { secret: <name> } }`"),
        );
    }
}
