//! Two services on one port.

use std::collections::BTreeMap;

use crate::catalog::interface::Transport;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Ports;
use crate::topology::{Listener, PortSource, Service, ServiceId, Topology};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0210",
    name: "port-collision",
    level: Level::Deny,
    summary: "two services publish one port of a host",
    docs: r##"## What
Two services of one host publish the same port and transport on the same address, or one of them on all addresses.

## Why
The second one fails to start, hours after the build looked green. TCP and UDP are apart; ports that stay inside the container network never collide.

## Bad
```yaml
netgen: 1
ports: fixed
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
stacks:
  el: { execution: { component: geth } }
nodes:
  one: { host: a, role: rpc, stack: el }
  two: { host: a, role: rpc, stack: el }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
stacks:
  el: { execution: { component: geth } }
nodes:
  one: { host: a, role: rpc, stack: el }
  two: { host: a, role: rpc, stack: el }
```
"##,
};

/// Reports every published port that is taken already; linear in the number of ports.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for host in &cx.topology.hosts {
        let mut taken: BTreeMap<(u16, Transport), Vec<(&Service, &Listener)>> = BTreeMap::new();
        for service in cx.topology.services_on(host.id) {
            for listener in &service.listeners {
                let (Some(port), Some(publish)) = (listener.port, &listener.publish) else { continue };
                let mut clashes: Clashes<'_> = BTreeMap::new();
                for transport in &listener.transports {
                    let others = taken.entry((port, *transport)).or_default();
                    // Interfaces of one service may share its port.
                    let clash = others.iter().find(|(owner, other)| {
                        owner.id != service.id
                            && other.publish.as_ref().is_some_and(|theirs| publish.meets(theirs))
                    });
                    if let Some((other, their)) = clash {
                        clashes.entry(other.id).or_insert((other, their, Vec::new())).2.push(*transport);
                    }
                    others.push((service, listener));
                }
                for (other, theirs, transports) in clashes.into_values() {
                    let pair = ((service, listener), (other, theirs));
                    sink.push(collision(cx.topology, pair, port, &transports));
                }
            }
        }
    }
}

/// Who has a port already, by which transports.
type Clashes<'a> = BTreeMap<ServiceId, (&'a Service, &'a Listener, Vec<Transport>)>;

fn collision(
    topology: &Topology,
    ((service, listener), (other, theirs)): ((&Service, &Listener), (&Service, &Listener)),
    port: u16,
    transports: &[Transport],
) -> Diagnostic {
    let words: Vec<&str> = transports.iter().map(|transport| transport.word()).collect();
    let free = port.checked_add(1).unwrap_or(port - 1);
    // Nodes of one stack have their services in one place: there the nodes tell them apart.
    let (mut here, mut there) = (service.port_place(listener), other.port_place(theirs));
    if let (true, Some(node), Some(first)) = (here == there, service.node, other.node) {
        (here, there) = (topology.nodes[node].origin, topology.nodes[first].origin);
    }
    let host = &topology.hosts[service.host].name;
    let given = [listener, theirs].iter().any(|l| l.port_source != PortSource::Manifest);
    let found = Diagnostic::new(
        &RULE,
        here,
        format!("port {port}/{} of host `{host}` is taken twice", words.join("+")),
    )
    .here(format!("`{}` of `{}`", listener.interface, service.name))
    .label(there, format!("`{}` of `{}` has it already", theirs.interface, other.name))
    .help(format!("give one of them another port: `ports: {{ {}: {free} }}`", listener.interface));
    if given && topology.ports == Ports::Fixed {
        return found
            .help("or leave out `ports: fixed`: then netgen finds a free one, and keeps it in the lock");
    }
    found
}
