//! Ports that count on a filter.

use crate::check::Cx;
use crate::diag::list_names;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Firewall;
use crate::topology::{Publish, Sources};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0411",
    name: "unfiltered-ports",
    level: Level::Warn,
    summary: "ports for other hosts of the network are published to everybody",
    docs: r##"## What
The firewall is `external`, real value is at stake, and a host without a `private-address` publishes ports that only other hosts of the network may reach.

## Why
netgen then applies no filter. If nobody else does, signers, databases and metrics are open to the internet; Docker publishes ports past ufw.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts: { a: { address: 203.0.113.10 }, b: { address: 198.51.100.20 } }
services:
  el: { host: a, component: geth }
  rpc: { host: b, component: haproxy, needs: { eth-rpc: el } }
security: { firewall: external }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts: { a: { address: 203.0.113.10, private-address: 10.0.0.1 }, b: { address: 198.51.100.20, private-address: 10.0.0.2 } }
services:
  el: { host: a, component: geth }
  rpc: { host: b, component: haproxy, expose: { rpc: private, health: private }, needs: { eth-rpc: el } }
security: { firewall: external }
```
"##,
};

/// One finding a host: the doors that somebody else must guard.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    if topology.firewall != Firewall::External || !cx.at_stake() {
        return;
    }
    for host in &topology.hosts {
        let open: Vec<String> = topology
            .openings(host.id)
            .into_iter()
            .filter(|opening| matches!(opening.sources, Sources::Hosts(_)))
            .filter(|opening| {
                let listener = topology.services[opening.service].listener(&opening.interface);
                listener.is_some_and(|l| l.publish == Some(Publish::Any))
            })
            .map(|opening| format!("{}/{}", opening.port, opening.transport.word()))
            .collect();
        if open.is_empty() {
            continue;
        }
        let listed = list_names(open.iter().map(String::as_str), 6);
        sink.push(
            Diagnostic::new(&RULE, host.origin, format!("host `{}` publishes {listed} on all addresses", host.name))
                .here("and `firewall: external` leaves the filter to somebody else")
                .help("give the host a `private-address`, use `firewall: nftables` or `ufw`, or let your provider's firewall admit only the hosts of this network"),
        );
    }
}
