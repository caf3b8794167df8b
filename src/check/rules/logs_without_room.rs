//! Logs that are kept longer than the disk lasts.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::quantity::ByteSize;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0855",
    name: "logs-without-room",
    level: Level::Deny,
    summary: "the disk of a host cannot hold its logs for as long as they are kept",
    docs: r##"## What
What is stored in a day (`daily`), times `retention`, is more than the disk of the host that stores the logs.

## Why
The store removes lines by their age, never for lack of space. The disk is full before the first line is old
enough; then logs stop, and with them whatever else writes to that disk: often the metrics, too.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { ops: { address: 203.0.113.10, resources: { cpus: 8, memory: 32GiB, disk: 200GiB } } }
services: { el: { host: ops, component: geth } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: ops
  logs: { retention: 90d, daily: 5GiB }
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { ops: { address: 203.0.113.10, resources: { cpus: 8, memory: 32GiB, disk: 200GiB } } }
services: { el: { host: ops, component: geth } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: ops
  logs: { retention: 14d, daily: 5GiB }
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
```
"##,
};

/// Multiplies, and compares with the disk.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(logs) = cx.topology.monitoring.as_ref().and_then(|monitoring| monitoring.logs.as_ref()) else {
        return;
    };
    let host = &cx.topology.hosts[logs.host];
    let (Some(needed), Some((_, _, disk))) = (logs.on_disk(), host.resources) else { return };
    if needed <= disk {
        return;
    }
    let written = cx.manifest.monitoring.as_ref().and_then(|monitoring| monitoring.logs.as_ref());
    let place = written.and_then(|logs| logs.retention.as_ref()).map_or(logs.origin, |kept| kept.span);
    let whole = ByteSize(needed.0.div_ceil(1 << 30) << 30);
    let days = logs.daily.map_or(0, |daily| disk.0.checked_div(daily.0).unwrap_or_default());
    sink.push(
        Diagnostic::new(
            &RULE,
            place,
            format!("logs of {} take {whole} of the disk of host `{}`", logs.retention, host.name),
        )
        .here("kept for so long")
        .label(host.origin, format!("has {disk}"))
        .help(if days == 0 {
            "keep them in an object store: `store: { s3: ... }`".to_owned()
        } else {
            format!("keep them for less than {days}d, or in an object store: `store: {{ s3: ... }}`")
        }),
    );
}
