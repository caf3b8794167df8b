//! Recovery points that no schedule can meet.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0871",
    name: "rpo-not-met",
    level: Level::Deny,
    summary: "the last backup is older than `rpo` before the next one is made",
    docs: r##"## What
`backup.rpo` says how old the last backup may be when it is needed, and is shorter than the time between two backups.

## Why
What was asked for does not hold for a part of every day, and the alert about old backups fires each time.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { db: { host: a, component: postgres } }
secrets: { restic: { env: RESTIC_PASSWORD } }
backup: { schedule: daily, rpo: 6h, to: /mnt/backup, password: { secret: restic } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { db: { host: a, component: postgres } }
secrets: { restic: { env: RESTIC_PASSWORD } }
backup: { schedule: hourly, rpo: 6h, to: /mnt/backup, password: { secret: restic } }
```
"##,
};

/// Compares the two times.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let (Some(backup), Some(written)) = (&cx.topology.backup, &cx.manifest.backup) else { return };
    let Some(rpo) = written.rpo.as_ref().filter(|rpo| rpo.value.0 < backup.schedule.period().0) else {
        return;
    };
    let mut diagnostic = Diagnostic::new(
        &RULE,
        rpo.span,
        format!("the last backup may be {} old, and is made {}", rpo.value, backup.schedule.word()),
    )
    .here("shorter than the time between two");
    if let Some(schedule) = &written.schedule {
        diagnostic = diagnostic.label(schedule.span, "made this often");
    }
    sink.push(diagnostic.help("save more often, or leave `rpo` out"));
}
