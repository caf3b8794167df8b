//! Hosts without a task.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0215",
    name: "idle-host",
    level: Level::Warn,
    summary: "a host on which nothing runs",
    docs: r##"## What
A host is defined, and neither a node nor a service is placed on it.

## Why
It is paid for, or the node that should run on it names another host by mistake. The deploy still closes its firewall.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  a: { address: 203.0.113.10 }
  b: { address: 203.0.113.11 }
services: { el: { host: a, component: geth } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  a: { address: 203.0.113.10 }
  b: { address: 203.0.113.11 }
services: { el: { hosts: [a, b], component: geth } }
```
"##,
};

/// Reports each host without a service.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    if !cx.resolved {
        return;
    }
    for host in cx.topology.hosts.iter().filter(|host| host.services.is_empty()) {
        sink.push(
            Diagnostic::new(&RULE, host.origin, format!("nothing runs on host `{}`", host.name))
                .here("no node and no service is placed here")
                .help("place a service on it, or take it out"),
        );
    }
}
