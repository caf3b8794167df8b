//! Public endpoints without a limit.

use std::collections::BTreeSet;

use crate::catalog::setting::Purpose;
use crate::check::Cx;
use crate::check::facts::METRICS;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Exposure;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0413",
    name: "no-rate-limit",
    level: Level::Warn,
    summary: "a public proxy serves any number of requests",
    docs: r##"## What
A proxy is exposed as `public` and its rate limit is off.

## Why
One caller in a loop takes the nodes behind it away from everybody else, validators included.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  rpc: { host: a, component: haproxy, expose: { rpc: public }, needs: { eth-rpc: el } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  rpc: { host: a, component: haproxy, expose: { rpc: public }, needs: { eth-rpc: el }, settings: { rate-limit: 100 } }
```
"##,
};

/// Reports public interfaces of services whose limit is zero.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        let public =
            service.listeners.iter().find(|l| l.exposure == Exposure::Public && l.interface != METRICS);
        let Some(public) = public else { continue };
        for (name, value, origin) in cx.meant(service, Purpose::RateLimit) {
            if value.as_f64() != Some(0.0) {
                continue;
            }
            let opened = public.exposure_origin;
            let place = if opened.is_somewhere() { opened } else { origin };
            if told.insert(place) {
                sink.push(
                    Diagnostic::new(
                        &RULE,
                        place,
                        format!("`{}` is public and has no rate limit", service.name),
                    )
                    .here("open to the internet")
                    .help(format!("add `{name}: <number>` to its settings")),
                );
            }
        }
    }
}
