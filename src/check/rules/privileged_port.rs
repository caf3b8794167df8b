//! Low ports without the right to open them.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::Service;

/// The first port that everybody may open.
const FIRST_FREE: u16 = 1024;

/// The capability that opens the ports below.
const CAPABILITY: &str = "NET_BIND_SERVICE";

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0222",
    name: "privileged-port",
    level: Level::Deny,
    summary: "a port below 1024 for a program that is not root",
    docs: r##"## What
A program runs on the network of its host, natively or by need, as a user that is not root, without the capability NET_BIND_SERVICE, and is told to listen on a port below 1024.

## Why
The kernel refuses it: `permission denied`, at the first start. Inside a container network low ports are free for all.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, runtime: native } }
services: { el: { host: a, component: geth, ports: { eth-rpc: 545 } } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, runtime: native } }
services: { el: { host: a, component: geth, ports: { eth-rpc: 8600 } } }
```
"##,
};

/// Looks at what shares the network of its host.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for service in cx.topology.services.iter().filter(|service| !may_bind(service)) {
        if !service.on_host_network(&cx.topology.hosts[service.host]) {
            continue;
        }
        for listener in &service.listeners {
            let Some(port) = listener.container_port.filter(|port| (1..FIRST_FREE).contains(port)) else {
                continue;
            };
            sink.push(
                Diagnostic::new(
                    &RULE,
                    service.port_place(listener),
                    format!("`{}` may not listen on port {port}", service.name),
                )
                .here(format!("`{}`: only root may", listener.interface))
                .label(service.origin, "runs on the network of its host, not as root")
                .help(format!("choose a port from {FIRST_FREE} on")),
            );
        }
    }
}

/// Whether the program may open any port. A component that names no user says nothing against it.
fn may_bind(service: &Service) -> bool {
    let component = &service.component;
    let user = component.user.as_deref().map_or("0", |user| user.split(':').next().unwrap_or(user));
    user == "0" || user == "root" || component.capabilities.iter().any(|c| c == CAPABILITY)
}
