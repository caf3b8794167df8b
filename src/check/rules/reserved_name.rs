//! Names that mean something else to what reads them.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// Groups that Ansible makes itself, and the host that is the machine it runs on.
const RESERVED: &[&str] = &["all", "localhost", "ungrouped"];

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0236",
    name: "reserved-name",
    level: Level::Deny,
    summary: "a host or service with a name that means something else",
    docs: r##"## What
A host is called `all`, `localhost` or `ungrouped`, or a service `localhost` or like a number (`10`, `0x7f`).

## Why
`hosts: all` means every host, here and in a playbook. `localhost` is the machine that runs the deploy: it would be deployed to instead. Containers find each other by the names of their services: `http://localhost:8545` is the container itself, and `http://10:8545` is the address 0.0.0.10.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { localhost: { address: 203.0.113.10 } }
services: { el: { host: localhost, component: geth } }
```

```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { node-1: { address: 203.0.113.10 } }
services: { "10": { host: node-1, component: geth } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { node-1: { address: 203.0.113.10 } }
services: { el: { host: node-1, component: geth } }
```
"##,
};

/// The name of the container itself, in every container.
const ITSELF: &str = "localhost";

/// Whether readers of addresses take a name for one: a number, in any base that they know.
fn is_number(name: &str) -> bool {
    let hex = name.strip_prefix("0x").filter(|rest| !rest.is_empty());
    hex.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
        || name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Looks at the names of hosts and services.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for host in cx.topology.hosts.iter().filter(|host| RESERVED.contains(&host.name.as_str())) {
        sink.push(
            Diagnostic::new(&RULE, host.origin, format!("a host cannot be called `{}`", host.name))
                .here("means something else to Ansible")
                .help("give the host another name"),
        );
    }
    for service in &cx.topology.services {
        let meant = match service.name.as_str() {
            ITSELF => "the container itself",
            name if is_number(name) => "an address",
            _ => continue,
        };
        sink.push_once(
            Diagnostic::new(&RULE, service.origin, format!("a service cannot be called `{}`", service.name))
                .here(format!("means {meant} to other containers"))
                .help("give the service another name"),
        );
    }
}
