//! One port for two interfaces of a service.

use std::collections::BTreeMap;

use crate::catalog::interface::Transport;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::{Listener, Service};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0225",
    name: "port-taken-inside",
    level: Level::Deny,
    summary: "two interfaces of one service get the same port",
    docs: r##"## What
`ports:` gives an interface a port that another interface of the same service has, and the component keeps the two apart. Interfaces that share a port by their component (an API with its metrics), and HTTP with WebSocket, may share it here too.

## Why
The program opens the port twice, and ends with `address already in use`.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, ports: { metrics: 8551 } } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, ports: { metrics: 6061 } } }
```
"##,
};

/// Looks at the ports inside each service, and at those it publishes.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for service in &cx.topology.services {
        let mut inside: BTreeMap<(u16, Transport), &Listener> = BTreeMap::new();
        let mut outside: BTreeMap<(u16, Transport), &Listener> = BTreeMap::new();
        for listener in &service.listeners {
            let mut clash = None;
            for transport in &listener.transports {
                if let Some(port) = listener.container_port {
                    clash = clash.or(first(&mut inside, (port, *transport), service, listener));
                }
                if let (Some(port), Some(_)) = (listener.port, &listener.publish) {
                    clash = clash.or(first(&mut outside, (port, *transport), service, listener));
                }
            }
            if let Some((port, other)) = clash {
                sink.push_once(report(service, listener, other, port));
            }
        }
    }
}

/// The listener that has the port already and may not share it.
fn first<'a>(
    taken: &mut BTreeMap<(u16, Transport), &'a Listener>,
    key: (u16, Transport),
    service: &Service,
    listener: &'a Listener,
) -> Option<(u16, &'a Listener)> {
    let other = *taken.entry(key).or_insert(listener);
    (other.interface != listener.interface && !service.may_share_port(listener, other))
        .then_some((key.0, other))
}

fn report(service: &Service, listener: &Listener, other: &Listener, port: u16) -> Diagnostic {
    // The one that the manifest decided is the one to change.
    let (written, kept) =
        if listener.port_origin.is_somewhere() { (listener, other) } else { (other, listener) };
    Diagnostic::new(
        &RULE,
        service.port_place(written),
        format!(
            "`{}` and `{}` of `{}` both get port {port}",
            written.interface, kept.interface, service.name
        ),
    )
    .here(format!("taken by `{}`", kept.interface))
    .label(service.port_place(kept), format!("`{}` has port {port} here", kept.interface))
    .help(format!("give `{}` a port of its own", written.interface))
}
