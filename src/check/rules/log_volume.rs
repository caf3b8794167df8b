//! Logs that fill the disk.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::LogDriver;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0705",
    name: "log-volume",
    level: Level::Warn,
    summary: "the logs of a host may take more than a quarter of its disk",
    docs: r##"## What
The number of containers of a host, times `max-size`, times `max-files`, is more than a quarter of its disk.

## Why
The data of the chain and the logs share the disk. A client that logs in a loop then stops the database.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, resources: { cpus: 8, memory: 32GiB, disk: 100GiB } } }
services: { el: { host: a, component: geth } }
logging: { max-size: 10GiB, max-files: 10 }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, resources: { cpus: 8, memory: 32GiB, disk: 100GiB } } }
services: { el: { host: a, component: geth } }
logging: { max-size: 100MiB, max-files: 5 }
```
"##,
};

/// Multiplies; the journal has limits of its own.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let logging = cx.topology.logging;
    if logging.driver == LogDriver::Journald {
        return;
    }
    let written = cx.manifest.logging.as_ref();
    let each = logging.max_size.0.saturating_mul(u64::from(logging.max_files));
    for host in cx.topology.hosts.iter().filter(|host| host.runtime.is_container()) {
        let Some((_, _, disk)) = host.resources else { continue };
        let containers = u64::try_from(host.services.len()).unwrap_or(u64::MAX);
        let total = each.saturating_mul(containers);
        if total <= disk.0 / 4 {
            continue;
        }
        let place = written.and_then(|l| l.max_size.as_ref().map(|size| size.span)).unwrap_or(host.origin);
        sink.push(
            Diagnostic::new(
                &RULE,
                place,
                format!("logs may take {}GiB of the disk of host `{}`", total.div_ceil(1 << 30), host.name),
            )
            .here(format!("{} for each of {containers} containers", logging.max_size))
            .label(host.origin, format!("has {disk}"))
            .help("lower `max-size` or `max-files`, or use `driver: journald`"),
        );
        return;
    }
}
