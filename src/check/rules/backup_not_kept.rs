//! Backups that are gone before the next one.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Schedule;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0423",
    name: "backup-not-kept",
    level: Level::Deny,
    summary: "a backup is thrown away before the next one is made",
    docs: r##"## What
`backup.keep` is shorter than the time between two backups.

## Why
There are then hours or days in which there is no backup at all.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { db: { host: a, component: postgres } }
secrets: { restic: { env: RESTIC_PASSWORD } }
backup: { schedule: weekly, keep: 3d, to: /mnt/backup, password: { secret: restic } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { db: { host: a, component: postgres } }
secrets: { restic: { env: RESTIC_PASSWORD } }
backup: { schedule: weekly, keep: 60d, to: /mnt/backup, password: { secret: restic } }
```
"##,
};

/// Compares the two times.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let (Some(backup), Some(written)) = (&cx.topology.backup, &cx.manifest.backup) else { return };
    let between: u64 = match backup.schedule {
        Schedule::Hourly => 3600,
        Schedule::Daily => 86_400,
        Schedule::Weekly => 7 * 86_400,
    };
    if backup.keep.0 < between {
        let keep = written.keep.as_ref().map_or(backup.origin, |keep| keep.span);
        let mut diagnostic = Diagnostic::new(
            &RULE,
            keep,
            format!("a backup is kept for {} and made {}", backup.keep, backup.schedule.word()),
        )
        .here("gone before the next one");
        if let Some(schedule) = &written.schedule {
            diagnostic = diagnostic.label(schedule.span, "made this often");
        }
        sink.push(diagnostic.help("keep several: `keep: 30d`"));
    }
}
