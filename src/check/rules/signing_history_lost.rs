//! Signing histories that a restart wipes out.

use std::collections::BTreeSet;

use crate::catalog::component::Kind;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0455",
    name: "signing-history-lost",
    level: Level::Deny,
    summary: "what was signed is forgotten at a restart",
    docs: r##"## What
A signer, or a validator client without one, keeps its signing history nowhere that lasts: it needs no database that has it, and has no volume with `backup: true`, or a memory file system lies at the very place of that volume. (A volume below one is a mount of its own, and lasts.)

## Why
After a restart it no longer knows what it signed, and may sign for the same slot again.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
components:
  keeper:
    component: keeper
    summary: A signer of the Foo chain
    kind: signer
    version: { tested: 1.0.0 }
    image: registry.demo.dev/keeper
    provides:
      remote-signer: { port: 9000, protocol: http }
    tmpfs: [/var/lib/keeper]
    volumes: { history: { path: /var/lib/keeper, backup: true } }
    sources: [ documentation of Foo ]
services: { signer: { host: a, component: keeper } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
components:
  keeper:
    component: keeper
    summary: A signer of the Foo chain
    kind: signer
    version: { tested: 1.0.0 }
    image: registry.demo.dev/keeper
    provides:
      remote-signer: { port: 9000, protocol: http }
    tmpfs: [/var/lib/keeper]
    volumes: { history: { path: /var/lib/keeper/db, backup: true } }
    sources: [ documentation of Foo ]
services: { signer: { host: a, component: keeper } }
```
"##,
};

/// Looks for a place that lasts.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    if !cx.resolved {
        return;
    }
    for service in &cx.topology.services {
        let component = &service.component;
        let signs = match component.kind {
            Kind::Signer => true,
            Kind::ValidatorClient => !cx.has_signer(service),
            _ => false,
        };
        // Runtimes mount outer folders first: what is mounted below one in memory is on disk again.
        let in_memory = |path: &str| {
            component.tmpfs.iter().any(|folder| folder.trim_end_matches('/') == path.trim_end_matches('/'))
        };
        let lasts = component.needs.values().any(|need| need.signing_history)
            || service.volumes.iter().any(|v| v.backup && !v.lent && !in_memory(&v.path));
        if !signs || lasts || !told.insert(component.component.value.as_str()) {
            continue;
        }
        let here = match service.volumes.iter().find(|v| v.backup && in_memory(&v.path)) {
            Some(volume) => format!("its volume `{}` lies on a file system in memory", volume.name),
            None => "no volume of it is kept".to_owned(),
        };
        sink.push(
            Diagnostic::new(&RULE, service.origin, format!("`{}` forgets at a restart what it signed", service.name))
                .here(here)
                .label(component.component.span, "says its component")
                .help("give the component a volume with `backup: true` at the path of its slashing-protection database"),
        );
    }
}
