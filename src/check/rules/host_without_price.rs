//! Hosts that are missing in an estimate.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0240",
    name: "host-without-price",
    level: Level::Warn,
    summary: "a host that the estimate of the costs leaves out",
    docs: r##"## What
The manifest has a price list, and a host does not say which of its machines it is.

## Why
The estimate in the bundle is too low, and only a line below its table says so.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
prices: { currency: EUR, machines: { large: { month: 59.90 } } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, machine: large } }
services: { el: { host: a, component: geth } }
prices: { currency: EUR, machines: { large: { month: 59.90 } } }
```
"##,
};

/// Reports each host without a machine.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    if cx.topology.prices.is_none() {
        return;
    }
    for (name, _) in cx.manifest.hosts.iter().filter(|(_, host)| host.machine.is_none()) {
        sink.push(
            Diagnostic::new(&RULE, name.span, format!("host `{name}` has no price"))
                .here("which machine is it?")
                .help("add `machine: <name>`, one of `prices.machines`"),
        );
    }
}
