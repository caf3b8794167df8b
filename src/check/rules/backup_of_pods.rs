//! Backups of pods.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Runtime;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0936",
    name: "backup-of-pods",
    level: Level::Warn,
    summary: "a backup that no timer makes, for the service is a pod",
    docs: r##"## What
`backup` is set, and a service with state to be saved is on a host with the runtime `kubernetes`.

## Why
Backups are made by timers of the host, and a worker has none of ours: the volume must be saved by the cluster (snapshots of volumes, Velero). Until then the manifest promises what nobody does.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: development }
hosts: { a: { address: 203.0.113.10, runtime: kubernetes } }
services: { db: { host: a, component: postgres } }
backup: { to: s3:https://s3.example.net/backup, password: { secret: repo } }
secrets: { repo: { env: RESTIC_PASSWORD } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: development }
hosts: { a: { address: 203.0.113.10 } }
services: { db: { host: a, component: postgres } }
backup: { to: s3:https://s3.example.net/backup, password: { secret: repo } }
secrets: { repo: { env: RESTIC_PASSWORD } }
```
"##,
};

/// Looks at the services that are to be saved.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(backup) = &cx.topology.backup else { return };
    for service in &cx.topology.services {
        let host = &cx.topology.hosts[service.host];
        if host.runtime != Runtime::Kubernetes || !cx.topology.is_saved(service) {
            continue;
        }
        sink.push_once(
            Diagnostic::new(&RULE, service.origin, format!("nothing saves the state of `{}`", service.name))
                .here("a pod")
                .label(backup.origin, "backups are asked for here")
                .help("save its volume by the means of the cluster, and waive this rule where that is done"),
        );
    }
}
