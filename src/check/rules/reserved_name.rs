//! Names that mean something else to Ansible.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// Groups that Ansible makes itself, and the host that is the machine it runs on.
const RESERVED: &[&str] = &["all", "localhost", "ungrouped"];

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0236",
    name: "reserved-name",
    level: Level::Deny,
    summary: "a host with a name that means something else",
    docs: r##"## What
A host is called `all`, `localhost` or `ungrouped`.

## Why
`hosts: all` means every host, here and in a playbook. `localhost` is the machine that runs the deploy: it would be deployed to instead.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { localhost: { address: 203.0.113.10 } }
services: { el: { host: localhost, component: geth } }
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

/// Looks at the names of hosts.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for host in cx.topology.hosts.iter().filter(|host| RESERVED.contains(&host.name.as_str())) {
        sink.push(
            Diagnostic::new(&RULE, host.origin, format!("a host cannot be called `{}`", host.name))
                .here("means something else to Ansible")
                .help("give the host another name"),
        );
    }
}
