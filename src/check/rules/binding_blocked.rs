//! Bindings and peers that no packet gets through.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::text::Span;
use crate::topology::{Blocked, Obstacle, Service, Topology};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0251",
    name: "binding-blocked",
    level: Level::Deny,
    summary: "a service cannot reach what it is bound to, or its peer",
    docs: r##"## What
A service uses an interface of another one, or has it for a peer, but the port is not published on an address that it reaches, or the firewall of the other host does not let it in.

## Why
It would start, and fail at its first connection. For every binding and every pair of peers netgen proves that the address listened on, the published port, the firewall and the address of the host agree; `expose: loopback` with a user on another host is the usual way to break that.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
services:
  el: { host: a, component: geth, expose: { eth-rpc: loopback } }
  rpc: { host: b, component: haproxy, needs: { eth-rpc: [el] } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
services:
  el: { host: a, component: geth }
  rpc: { host: b, component: haproxy, needs: { eth-rpc: [el] } }
```
"##,
};

/// Tells every connection that is not made; linear in the number of bindings and peers.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    for Blocked { from, to, interface, obstacle, binding } in topology.blocked() {
        let (from, to) = (&topology.services[from], &topology.services[to]);
        let (place, why) = shut(topology, to, interface, obstacle, from);
        let message = message(topology, from, to, interface);
        let found = match (binding, &topology.peering) {
            (Some(binding), _) => Diagnostic::new(&RULE, binding.origin, message)
                .here("bound here")
                .label(place, why)
                .help(format!("expose it to those who use it: `expose: {{ {interface}: private }}`"))
                .help(format!(
                    "or bind `{}` to a service on `{}`",
                    from.name, topology.hosts[from.host].name
                )),
            // What is to be changed is the port, which many may want.
            (None, Some(peering)) => Diagnostic::new(&RULE, place, message)
                .here(why)
                .label(peering.origin, "makes them peers")
                .help(format!("expose it to its peers: `expose: {{ {interface}: peers }}`")),
            (None, None) => continue,
        };
        sink.push(found);
    }
}

fn message(topology: &Topology, from: &Service, to: &Service, interface: &str) -> String {
    let (from_host, to_host) = (&topology.hosts[from.host].name, &topology.hosts[to.host].name);
    format!("`{}` on `{from_host}` cannot reach `{interface}` of `{}` on `{to_host}`", from.name, to.name)
}

/// What shuts a port, and where that was decided.
fn shut(
    topology: &Topology,
    to: &Service,
    interface: &str,
    obstacle: Obstacle,
    from: &Service,
) -> (Span, String) {
    let (from_host, to_host) = (&topology.hosts[from.host].name, &topology.hosts[to.host].name);
    let listener = to.listener(interface);
    let decided = listener.map(|l| l.exposure_origin).filter(|span| span.is_somewhere());
    let word = listener.map_or("", |l| l.exposure.word());
    let why = match obstacle {
        Obstacle::NotPublished => format!("`{word}`: only `{to_host}` itself reaches it"),
        Obstacle::Filtered => format!("the firewall of `{to_host}` does not let `{from_host}` in"),
    };
    (decided.unwrap_or(to.origin), why)
}
