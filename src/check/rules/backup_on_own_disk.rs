//! Backups that die with what they save.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::Host;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0509",
    name: "backup-on-own-disk",
    level: Level::Warn,
    summary: "backups lie in the folder that they save",
    docs: r##"## What
`backup: to` is a folder inside the `data-dir` of a host whose state it saves, or that folder itself.

## Why
The disk that takes the database takes its backups too. A slashing-protection database without a backup means that its keys must stay silent.

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
backup: { to: "sftp:backup@backup.demo-chain.org:/srv/restic", password: { secret: restic } }
```
"##,
};

/// Compares the folder of the backups with the data folders of hosts that make some.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(backup) = cx.topology.backup.as_ref().filter(|backup| backup.to.starts_with('/')) else {
        return;
    };
    let saved = |host: &&Host| cx.topology.services_on(host.id).any(|s| s.component.backup.is_some());
    let inside = |host: &&Host| {
        let rest = backup.to.strip_prefix(host.data_dir.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let Some(host) = cx.topology.hosts.iter().find(|host| saved(host) && inside(host)) else { return };
    sink.push(
        Diagnostic::new(&RULE, backup.origin, "the backups lie on the disk that they save")
            .here(format!("inside `{}`", host.data_dir))
            .label(host.origin, "keeps its state there")
            .help("save to another machine: `s3:...`, `sftp:...`, or a mount of one"),
    );
}
