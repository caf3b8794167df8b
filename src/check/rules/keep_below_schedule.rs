//! Backups that are thrown away too soon.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Schedule;
use crate::manifest::quantity::Duration;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0508",
    name: "keep-below-schedule",
    level: Level::Warn,
    summary: "a backup is thrown away when the next one is made",
    docs: r##"## What
`backup: keep` is not longer than the time between two backups.

## Why
Only the newest backup is ever there. When a database is damaged and the next backup saves the damage, nothing sound is left.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { db: { host: a, component: postgres } }
secrets: { restic: { env: RESTIC_PASSWORD } }
backup: { schedule: weekly, keep: 5d, to: /mnt/backup, password: { secret: restic } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { db: { host: a, component: postgres } }
secrets: { restic: { env: RESTIC_PASSWORD } }
backup: { schedule: weekly, keep: 30d, to: /mnt/backup, password: { secret: restic } }
```
"##,
};

/// Compares the two times.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let (Some(backup), Some(written)) = (&cx.topology.backup, &cx.manifest.backup) else { return };
    let between = match backup.schedule {
        Schedule::Hourly => Duration(3600),
        Schedule::Daily => Duration(86_400),
        Schedule::Weekly => Duration(7 * 86_400),
    };
    if backup.keep > between {
        return;
    }
    let place = written.keep.as_ref().map_or(backup.origin, |keep| keep.span);
    let mut diagnostic = Diagnostic::new(&RULE, place, "only the newest backup is ever there")
        .here(format!("kept for {}", backup.keep));
    if let Some(schedule) = &written.schedule {
        diagnostic = diagnostic.label(schedule.span, format!("one is made every {between}"));
    }
    sink.push(diagnostic.help(format!("keep several of them: longer than {between}, such as 30d")));
}
