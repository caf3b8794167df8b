//! JSON-RPC that everybody on the way reads along.

use std::collections::BTreeSet;

use crate::catalog::component::Kind;
use crate::check::Cx;
use crate::check::facts::METRICS;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Exposure;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0881",
    name: "public-without-tls",
    level: Level::Warn,
    summary: "a proxy serves strangers without encryption",
    docs: r##"## What
A proxy offers HTTP or WebSocket to the internet, and nothing on it is encrypted.

## Why
Whoever sits between a user and the proxy reads every request, and answers in its place: a balance, a nonce, the address to pay to. Browsers refuse such an endpoint on a page that has HTTPS.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  rpc: { host: a, component: haproxy, expose: { rpc: public }, needs: { eth-rpc: el }, settings: { rate-limit: 100 } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  rpc: { host: a, component: haproxy, needs: { eth-rpc: el }, settings: { rate-limit: 100 } }
  tls: { host: a, component: caddy, needs: { proxied-rpc: rpc }, settings: { domain: rpc.demo.dev, email: ops@demo.dev } }
```
"##,
};

/// A proxy that has HTTPS too keeps the other port for those who come the old way.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    for service in cx.topology.services.iter().filter(|s| s.component.kind == Kind::Proxy) {
        let speaks = |words: &'static [&'static str]| {
            service.listeners.iter().find(|l| {
                l.exposure == Exposure::Public
                    && l.interface != METRICS
                    && l.protocol.as_deref().is_some_and(|protocol| words.contains(&protocol))
            })
        };
        let (Some(open), None) = (speaks(&["http", "ws"]), speaks(&["https", "wss"])) else { continue };
        let place = if open.exposure_origin.is_somewhere() { open.exposure_origin } else { service.origin };
        if !told.insert(place) {
            continue;
        }
        sink.push(
            Diagnostic::new(
                &RULE,
                place,
                format!("`{}` of `{}` is public and not encrypted", open.interface, service.name),
            )
            .here("open to the internet")
            .help("keep it private, and put a proxy with a certificate in front (`netgen components` lists them)"),
        );
    }
}
