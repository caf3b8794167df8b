//! Bindings that no packet gets through.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::Obstacle;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0251",
    name: "binding-blocked",
    level: Level::Deny,
    summary: "a service cannot reach what it is bound to",
    docs: r##"## What
A service uses an interface of another one, but the port is not published on an address that it reaches, or the firewall of the other host does not let it in.

## Why
It would start, and fail at its first connection. For every binding netgen proves that the address listened on, the published port, the firewall and the address of the host agree; `expose: loopback` with a user on another host is the usual way to break that.

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

/// Proves every binding; linear in their number.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    for binding in &topology.bindings {
        let Some(obstacle) = topology.obstacle(binding) else { continue };
        let (from, to) = (&topology.services[binding.consumer], &topology.services[binding.provider]);
        let (from_host, to_host) = (&topology.hosts[from.host].name, &topology.hosts[to.host].name);
        let listener = to.listener(&binding.interface);
        let decided = listener.map(|l| l.exposure_origin).filter(|span| span.is_somewhere());
        let word = listener.map_or("", |l| l.exposure.word());
        let why = match obstacle {
            Obstacle::NotPublished => format!("`{word}`: only `{to_host}` itself reaches it"),
            Obstacle::Filtered => format!("the firewall of `{to_host}` does not let `{from_host}` in"),
        };
        sink.push(
            Diagnostic::new(
                &RULE,
                binding.origin,
                format!(
                    "`{}` on `{from_host}` cannot reach `{}` of `{}` on `{to_host}`",
                    from.name, binding.interface, to.name
                ),
            )
            .here("bound here")
            .label(decided.unwrap_or(to.origin), why)
            .help(format!("expose it to those who use it: `expose: {{ {}: private }}`", binding.interface))
            .help(format!("or bind `{}` to a service on `{from_host}`", from.name)),
        );
    }
}
