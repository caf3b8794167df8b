//! Logs that fill the disk.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::quantity::ByteSize;
use crate::manifest::{LogDriver, Runtime};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0507",
    name: "logs-fill-disk",
    level: Level::Warn,
    summary: "the logs of a host may take more than half of its disk",
    docs: r##"## What
The rotated log files of all containers of a Docker host (`max-size` times `max-files` for each) may take more than half of the disk that `resources:` says it has. With the driver `journald` the journal of the host sets the limit.

## Why
The rest is for the chain. A full disk stops the client in the middle of a write, and the log is full of the reason.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, resources: { cpus: 8, memory: 32GiB, disk: 1TiB } } }
services:
  el: { host: a, component: geth }
  db: { host: a, component: postgres }
logging: { max-size: 10GiB, max-files: 50 }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, resources: { cpus: 8, memory: 32GiB, disk: 2TiB } } }
services:
  el: { host: a, component: geth }
  db: { host: a, component: postgres }
logging: { max-size: 100MiB, max-files: 5 }
secrets: { restic: { env: RESTIC_PASSWORD } }
backup: { to: /mnt/backup, password: { secret: restic } }
```
"##,
};

/// Adds up the logs of each host.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let logging = topology.logging;
    if logging.driver == LogDriver::Journald {
        return;
    }
    let each = u128::from(logging.max_size.0) * u128::from(logging.max_files);
    let written = cx.manifest.logging.as_ref();
    for host in &topology.hosts {
        let docker = matches!(host.runtime, Runtime::Compose | Runtime::SystemdDocker);
        let Some((_, _, ByteSize(disk))) = host.resources.filter(|_| docker) else { continue };
        let all = each * host.services.len() as u128;
        if all * 2 <= u128::from(disk) {
            continue;
        }
        let place = written
            .and_then(|logging| logging.max_size.as_ref().map(|size| size.span))
            .or_else(|| written.and_then(|logging| logging.max_files.as_ref().map(|count| count.span)))
            .unwrap_or(host.origin);
        let gib = all.div_ceil(1 << 30);
        sink.push(
            Diagnostic::new(
                &RULE,
                place,
                format!("the logs of host `{}` may take {gib}GiB of its {}", host.name, ByteSize(disk)),
            )
            .here(format!("{} files of {} for each container", logging.max_files, logging.max_size))
            .label(host.origin, format!("runs {} containers", host.services.len()))
            .help("lower `max-size` or `max-files`"),
        );
    }
}
