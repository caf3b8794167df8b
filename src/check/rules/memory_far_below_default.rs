//! Limits far below what a component is known to need.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0703",
    name: "memory-far-below-default",
    level: Level::Warn,
    summary: "a memory limit is less than a quarter of what the component gets by default",
    docs: r##"## What
`resources: { memory: ... }` of a service is below a quarter of the limit that the catalog gives the component.

## Why
It starts, runs for days, and is killed when the chain or the number of peers grows.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, settings: { cache: 512MiB }, resources: { memory: 2GiB } } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, resources: { memory: 12GiB } } }
```
"##,
};

/// Compares what is written with the catalog. One person's machine may be small.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    if cx.in_development() {
        return;
    }
    for service in &cx.topology.services {
        let (Some(written), Some(default)) = (cx.memory_limit(service), service.component.resources) else {
            continue;
        };
        if written.value.0.saturating_mul(4) >= default.memory.0 || !told.insert(written.span) {
            continue;
        }
        let component = &service.component.component;
        sink.push(
            Diagnostic::new(
                &RULE,
                written.span,
                format!("{} is little memory for `{}`", written.value, service.name),
            )
            .here(format!("`{component}` gets {} by default", default.memory))
            .label(service.origin, "this service")
            .help("measure it on a synced node before you go this low, or leave the default"),
        );
    }
}
