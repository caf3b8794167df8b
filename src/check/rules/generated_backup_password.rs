//! Backups whose password is lost with the hosts.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::SecretSource;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0421",
    name: "generated-backup-password",
    level: Level::Warn,
    summary: "the password of the backups is known only to what they save",
    docs: r##"## What
`backup.password` is a secret with `generate:`.

## Why
It lies on the hosts and beside the bundle that was deployed from. When they are gone, so is the way into the backups.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { db: { host: a, component: postgres } }
secrets: { restic: { generate: password } }
backup: { to: "s3:https://s3.demo.dev/backup", password: { secret: restic } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { db: { host: a, component: postgres } }
secrets: { restic: { env: RESTIC_PASSWORD } }
backup: { to: "s3:https://s3.demo.dev/backup", password: { secret: restic } }
```
"##,
};

/// Looks at where the password comes from.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(backup) = &cx.topology.backup else { return };
    let secret = &cx.topology.secrets[backup.password.secret];
    if matches!(secret.source, SecretSource::Generate(_)) {
        sink.push(
            Diagnostic::new(&RULE, secret.origin, "the password of the backups is lost with the hosts")
                .here("made at the first deploy, and kept only there and on the hosts")
                .label(backup.origin, "the backups that it opens")
                .help("keep it where the backups do not depend on it: `sops:`, `vault:` or `env:` from a password manager"),
        );
    }
}
