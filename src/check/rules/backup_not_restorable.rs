//! Backups that no playbook can bring back.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0872",
    name: "backup-not-restorable",
    level: Level::Warn,
    summary: "a backup is made that nothing brings back",
    docs: r##"## What
The component of a service says by which command its state is saved, and not by which one it is brought back (`backup.restore`).

## Why
The playbook `restore.yml` can then bring its files back and not what the command gave: somebody must know how, at night.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
components:
  store:
    component: store
    summary: A store of Foo
    kind: database
    version: { tested: 1.0.0 }
    image: registry.demo.dev/store
    volumes: { data: { path: /data, backup: true } }
    backup: { command: [store, dump], name: store.dump }
    sources: [ documentation of Foo ]
services: { db: { host: a, component: store } }
secrets: { restic: { env: RESTIC_PASSWORD } }
backup: { to: /mnt/backup, password: { secret: restic } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
components:
  store:
    component: store
    summary: A store of Foo
    kind: database
    version: { tested: 1.0.0 }
    image: registry.demo.dev/store
    volumes: { data: { path: /data, backup: true } }
    backup: { command: [store, dump], name: store.dump, restore: [store, load] }
    sources: [ documentation of Foo ]
services: { db: { host: a, component: store } }
secrets: { restic: { env: RESTIC_PASSWORD } }
backup: { to: /mnt/backup, password: { secret: restic } }
```
"##,
};

/// Looks at every component that is saved by a command, once.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    for service in cx.topology.services.iter().filter(|service| cx.topology.is_saved(service)) {
        let component = &service.component;
        let lost = component.backup.as_ref().is_some_and(|method| method.restore.is_none());
        if lost && told.insert(component.component.value.as_str()) {
            sink.push(
                Diagnostic::new(&RULE, service.origin, format!("nothing brings the backup of `{}` back", service.name))
                    .here("saved by a command of its component")
                    .label(component.component.span, "says how it is saved, and not how it is brought back")
                    .help("add `restore: [<program>, ...]` to its `backup:`; the program reads the backup from standard input"),
            );
        }
    }
}
