//! Limits below what the settings take.

use std::collections::BTreeSet;

use crate::catalog::setting::Purpose;
use crate::check::Cx;
use crate::diag::list_names;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::quantity::ByteSize;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0702",
    name: "memory-below-settings",
    level: Level::Deny,
    summary: "the memory limit of a service is not above what its own settings take",
    docs: r##"## What
Settings that reserve memory (a cache, shared buffers) add up to the memory limit of the service or more.

## Why
The cache fills, the kernel kills the process, it starts again with a cold cache, and so on: the node never gets in sync.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, settings: { cache: 8GiB }, resources: { memory: 8GiB } } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, settings: { cache: 8GiB }, resources: { memory: 24GiB } } }
```
"##,
};

/// Adds up the settings of each service.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        let Some(limit) = service.memory else { continue };
        let mut total: u64 = 0;
        let mut names = Vec::new();
        let mut largest = (0, service.origin);
        for (name, value, origin) in cx.meant(service, Purpose::Memory) {
            let Some(bytes) = value.as_u64() else { continue };
            total = total.saturating_add(bytes);
            names.push(name);
            largest = largest.max((bytes, origin));
        }
        let written = cx.memory_limit(service).map_or(service.origin, |limit| limit.span);
        if total < limit.0 || names.is_empty() || !told.insert((largest.1, written)) {
            continue;
        }
        let listed = list_names(names.iter().copied(), 4);
        sink.push(
            Diagnostic::new(
                &RULE,
                largest.1,
                format!("{listed} of `{}` takes {} of {limit}", service.name, ByteSize(total)),
            )
            .here("leaves nothing for the program itself")
            .label(written, format!("may use {limit}"))
            .help("lower the setting, or raise `resources: { memory: ... }`"),
        );
    }
}
