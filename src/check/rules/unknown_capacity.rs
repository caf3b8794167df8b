//! Hosts that say nothing about what they have.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0706",
    name: "unknown-capacity",
    level: Level::Warn,
    summary: "a host with real value at stake does not say what it has",
    docs: r##"## What
Real value is at stake, and a host has no `resources:`.

## Why
Memory and disk cannot be added up, so nothing warns before the kernel does.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts: { a: { address: 203.0.113.10, resources: { cpus: 8, memory: 32GiB, disk: 2TiB } } }
services: { el: { host: a, component: geth } }
```
"##,
};

/// One finding for all of them.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    if !cx.at_stake() {
        return;
    }
    let mut silent =
        cx.topology.hosts.iter().filter(|host| host.resources.is_none() && !host.services.is_empty());
    let Some(first) = silent.next() else { return };
    let others = silent.count();
    let message = match others {
        0 => format!("host `{}` does not say what it has", first.name),
        _ => format!("host `{}` and {others} more do not say what they have", first.name),
    };
    sink.push(
        Diagnostic::new(&RULE, first.origin, message)
            .here("memory and disk cannot be checked")
            .help("add `resources: { cpus: <number>, memory: <size>, disk: <size> }`"),
    );
}
