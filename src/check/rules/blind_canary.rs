//! Canaries that nobody can hear.

use crate::catalog::component::Run;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0504",
    name: "blind-canary",
    level: Level::Warn,
    summary: "a canary without a health check",
    docs: r##"## What
Nothing that runs on the host of `rollout: canary` has a health check.

## Why
The deploy waits for the canary to be healthy before it goes on. Without a check every change looks well, and reaches all hosts.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
services:
  el: { host: a, component: geth }
  faucet: { host: b, component: faucet }
rollout: { canary: b }
```
```yaml file=components/faucet/component.yaml
component: faucet
summary: Hands out test coins
kind: other
version: { tested: 1.4.2 }
image: registry.example.net/faucet
user: "10050:10050"
sources: ["the documentation of the faucet"]
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
services:
  el: { hosts: [a, b], component: geth }
rollout: { canary: b }
```
"##,
};

/// Looks at what the canary runs. Without containers systemd is asked instead, which sees programs that end.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    if !cx.resolved {
        return;
    }
    let topology = cx.topology;
    let written = cx.manifest.rollout.as_ref().and_then(|rollout| rollout.canary.as_ref());
    let (Some(canary), Some(written)) = (topology.rollout.canary, written) else { return };
    let host = &topology.hosts[canary];
    let mut services = topology.services_on(canary).filter(|s| s.component.run == Run::Service);
    let others = topology.hosts.len() > 1;
    if !host.runtime.is_container() || !others || services.any(|s| s.component.healthcheck.is_some()) {
        return;
    }
    sink.push(
        Diagnostic::new(
            &RULE,
            written.span,
            format!("nothing on host `{}` can say that it is ill", host.name),
        )
        .here("no service with a health check")
        .label(host.origin, "this host")
        .help("name a host that runs what the others run"),
    );
}
