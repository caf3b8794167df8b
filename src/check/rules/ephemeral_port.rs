//! Listeners among the ports of outgoing connections.

use std::ops::RangeInclusive;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// `net.ipv4.ip_local_port_range` of Linux where nobody changed it.
const EPHEMERAL: RangeInclusive<u16> = 32_768..=60_999;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0223",
    name: "ephemeral-port",
    level: Level::Warn,
    summary: "a listener on a port that the kernel gives to outgoing connections",
    docs: r##"## What
A port of a host is between 32768 and 60999, the range from which Linux takes the source ports of outgoing connections.

## Why
When some connection happens to hold the port, the service cannot start: once in a hundred restarts, and never when you look.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, ports: { p2p: 40303 } } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, ports: { p2p: 30310 } } }
```
"##,
};

/// Looks at every port that is taken on a host.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for service in &cx.topology.services {
        for listener in service.listeners.iter().filter(|listener| listener.publish.is_some()) {
            let Some(port) = listener.port.filter(|port| EPHEMERAL.contains(port)) else { continue };
            sink.push(
                Diagnostic::new(
                    &RULE,
                    service.port_place(listener),
                    format!("port {port} of `{}` may be taken when it starts", service.name),
                )
                .here(format!("`{}`, in the range of outgoing connections", listener.interface))
                .help(format!("choose a port below {}", EPHEMERAL.start())),
            );
        }
    }
}
