//! Hosts that are too small.

use crate::catalog::component::Run;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::quantity::ByteSize;
use crate::topology::Service;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0701",
    name: "memory-overcommit",
    level: Level::Deny,
    summary: "the services of a host need more than it has",
    docs: r##"## What
The memory limits of the services of a host add up to more than the host has; or one service may use more CPUs than there are.

## Why
The kernel kills the largest process when memory runs out: the execution client, in the middle of a write.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, resources: { cpus: 4, memory: 8GiB, disk: 2TiB } } }
services:
  el: { host: a, component: geth, resources: { memory: 12GiB } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, resources: { cpus: 8, memory: 32GiB, disk: 2TiB } } }
services:
  el: { host: a, component: geth, resources: { memory: 12GiB } }
```
"##,
};

/// Adds up the limits of each host. Jobs do not count: they end before the others grow.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for host in &cx.topology.hosts {
        let Some((cpus, memory, _)) = host.resources else { continue };
        let services: Vec<&Service> =
            cx.topology.services_on(host.id).filter(|s| s.component.run == Run::Service).collect();
        let asked: u64 = services.iter().filter_map(|s| s.memory).map(|m| m.0).sum();
        if asked > memory.0 {
            let mut largest: Vec<&&Service> = services.iter().filter(|s| s.memory.is_some()).collect();
            largest.sort_by(|a, b| b.memory.cmp(&a.memory).then_with(|| a.name.cmp(&b.name)));
            let mut diagnostic = Diagnostic::new(
                &RULE,
                host.origin,
                format!("the services of host `{}` may use {} of its {memory}", host.name, gib(asked)),
            )
            .here(format!("has {memory}"));
            for service in largest.iter().take(3) {
                let limit = service.memory.unwrap_or(ByteSize(0));
                diagnostic = diagnostic.label(service.origin, format!("`{}` may use {limit}", service.name));
            }
            sink.push(
                diagnostic.help("take a larger host, move a service, or lower `resources: { memory: ... }`"),
            );
        }
        for service in services.iter().filter(|s| s.cpus.is_some_and(|c| c.0 > cpus.saturating_mul(1000))) {
            sink.push(
                Diagnostic::new(
                    &RULE,
                    service.origin,
                    format!("`{}` may use more CPUs than host `{}` has", service.name, host.name),
                )
                .here("limit above the host")
                .label(host.origin, format!("has {cpus}"))
                .help("lower `resources: { cpus: ... }`"),
            );
        }
    }
}

/// Whole and tenth GiB, rounded up so that the sum never looks smaller than it is.
fn gib(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10).div_ceil(1 << 30);
    format!("{}.{}GiB", tenths / 10, tenths % 10)
}
