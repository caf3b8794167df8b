//! Jobs that nobody waits for.

use crate::catalog::component::Run;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0506",
    name: "unawaited-job",
    level: Level::Warn,
    summary: "a job that no service waits for",
    docs: r##"## What
A job, which runs to its end before those that need it start, is needed by nobody.

## Why
It prepares something for a service that starts without it: a schema, a file of keys. If it fails, nothing stops.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { files: { host: a, component: web3signer-migrations } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  db: { host: a, component: postgres }
  signer: { host: a, component: web3signer, needs: { sql: db } }   # brings its two jobs, and waits for them
secrets: { restic: { env: RESTIC_PASSWORD } }
backup: { to: /mnt/backup, password: { secret: restic } }
```
"##,
};

/// Looks at the users of every job.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    if !cx.resolved {
        return;
    }
    for service in cx.topology.services.iter().filter(|service| service.component.run == Run::Job) {
        if cx.topology.consumers(service.id).next().is_some() {
            continue;
        }
        let offered: Vec<&str> = service.listeners.iter().map(|l| l.interface.as_str()).collect();
        let help = if offered.is_empty() {
            "its component provides no interface: let it provide one that a service needs".to_owned()
        } else {
            format!("bind a service to {}, or take the job out", crate::diag::list_names(offered, 4))
        };
        sink.push(
            Diagnostic::new(&RULE, service.origin, format!("nobody waits for the job `{}`", service.name))
                .here(format!("a `{}`", service.component.component))
                .help(help),
        );
    }
}
