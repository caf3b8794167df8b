//! Validators behind sentries whose own door is open.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Exposure;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0623",
    name: "exposed-validator",
    level: Level::Deny,
    summary: "a validator behind sentries that is open to everyone",
    docs: r##"## What
With `peering: sentry`, an interface by which peers come to a validator is exposed as `public`.

## Why
The sentries hide nothing then: anyone can connect to the validator itself.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
stacks: { el: { execution: { component: geth } } }
nodes:
  val-1: { host: a, role: validator, stack: el, services: { execution: { expose: { p2p: public } } } }
  sentry-1: { host: b, role: sentry, stack: el }
peering: sentry
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
stacks: { el: { execution: { component: geth } } }
nodes:
  val-1: { host: a, role: validator, stack: el }
  sentry-1: { host: b, role: sentry, stack: el }
peering: sentry
```
"##,
};

/// By default such an interface is for peers only; what is public then was written down.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let Some(peering) = &topology.peering else { return };
    for (node, span) in &peering.closed {
        for id in &topology.nodes[*node].services {
            let service = &topology.services[*id];
            let Some(link) = &service.component.peering else { continue };
            for listener in &service.listeners {
                let of_peers =
                    listener.interface == link.interface || link.also.contains(&listener.interface);
                if !of_peers || listener.exposure != Exposure::Public {
                    continue;
                }
                sink.push(
                    Diagnostic::new(
                        &RULE,
                        listener.exposure_origin,
                        format!(
                            "`{}` of the validator `{}` is open to everyone",
                            listener.interface, service.name
                        ),
                    )
                    .here("public")
                    .label(*span, "only its sentries should reach it")
                    .help("take the line out: its peers come in without it"),
                );
            }
        }
    }
}
