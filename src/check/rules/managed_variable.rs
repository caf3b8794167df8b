//! Variables that the component sets itself.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0424",
    name: "managed-variable",
    level: Level::Warn,
    summary: "an environment variable replaces one that the component sets",
    docs: r##"## What
`environment:` of a service names a variable that its component sets already.

## Why
The value of the manifest wins and the one that netgen worked out (a port, a path, a switched-off sign-up) is gone, while everything else still counts on it.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { db: { host: a, component: postgres, environment: { PGPORT: "5555" } } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { db: { host: a, component: postgres, ports: { sql: 5555 } } }
```
"##,
};

/// Compares the written names with those of the component.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        let Some(written) = cx.environment(service) else { continue };
        for name in
            written.keys().filter(|name| service.component.environment.contains_key(name.value.as_str()))
        {
            if told.insert(name.span) {
                sink.push(
                    Diagnostic::new(
                        &RULE,
                        name.span,
                        format!("`{name}` replaces what `{}` sets itself", service.component.component),
                    )
                    .here(format!("set by the component of `{}`", service.name))
                    .help("use the setting, port or exposure that it follows from, or leave it out"),
                );
            }
        }
    }
}
