//! Backups that die with the data.

use crate::check::Cx;
use crate::check::facts::{inside, is_ephemeral};
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0422",
    name: "backup-beside-data",
    level: Level::Deny,
    summary: "the backup lies in the data folder of a host, or where nothing lasts",
    docs: r##"## What
`backup.to` is a path inside the data folder of a host, or in a folder that is emptied at a restart (`/tmp`, `/run`, `/dev/shm`).

## Why
The disk that takes the data takes the backup with it.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { db: { host: a, component: postgres } }
secrets: { restic: { env: RESTIC_PASSWORD } }
backup: { to: /var/lib/netgen/backup, password: { secret: restic } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { db: { host: a, component: postgres } }
secrets: { restic: { env: RESTIC_PASSWORD } }
backup: { to: "sftp:backup@192.0.2.7:/srv/restic", password: { secret: restic } }
```
"##,
};

/// Compares the repository with the folders of the hosts.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(backup) = &cx.topology.backup else { return };
    if is_ephemeral(&backup.to) {
        sink.push(
            Diagnostic::new(&RULE, backup.origin, format!("nothing in `{}` lasts", backup.to))
                .here("emptied when the host restarts")
                .help("use a remote repository: `s3:https://<host>/<bucket>` or `sftp:user@host:/path`"),
        );
    }
    if let Some(host) = cx.topology.hosts.iter().find(|host| inside(&backup.to, &host.data_dir)) {
        sink.push(
            Diagnostic::new(
                &RULE,
                backup.origin,
                format!("the backup lies in the data folder of host `{}`", host.name),
            )
            .here("on the disk that it is to outlive")
            .label(host.origin, format!("keeps its state in `{}`", host.data_dir))
            .help("use a remote repository: `s3:https://<host>/<bucket>` or `sftp:user@host:/path`"),
        );
    }
}
