//! Canaries that are not watched long enough.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::quantity::Duration;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0505",
    name: "short-watch",
    level: Level::Warn,
    summary: "a canary is left before its health checks can fail",
    docs: r##"## What
`rollout: wait` is shorter than the time in which the slowest health check of the canary notices a failure: its retries, each with interval and timeout.

## Why
The deploy looks at the canary once more after the wait. A program that broke right after the change still counts as healthy then, and the change goes on to all the others.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
services: { el: { hosts: [a, b], component: geth } }
rollout: { canary: a, wait: 30s }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
services: { el: { hosts: [a, b], component: geth } }
rollout: { canary: a, wait: 10m }
```
"##,
};

/// Compares the wait with the slowest check on the canary.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let written = cx.manifest.rollout.as_ref().and_then(|rollout| rollout.wait.as_ref());
    let (Some(canary), Some(written)) = (topology.rollout.canary, written) else { return };
    if !topology.hosts[canary].runtime.is_container() || topology.hosts.len() < 2 {
        return;
    }
    let checks = topology.services_on(canary).filter_map(|service| {
        let health = service.component.healthcheck.as_ref()?;
        let once = health.interval.0.saturating_add(health.timeout.0);
        Some((u64::from(health.retries).saturating_mul(once), service))
    });
    let Some((slowest, service)) =
        checks.max_by_key(|(time, service)| (*time, std::cmp::Reverse(service.id)))
    else {
        return;
    };
    if written.value.0 >= slowest {
        return;
    }
    let needed = Duration(slowest);
    sink.push(
        Diagnostic::new(&RULE, written.span, format!("the canary is left after {}", written.value))
            .here("shorter than its slowest health check")
            .label(service.origin, format!("`{}` counts as ill after {needed}", service.name))
            .help(format!("wait longer than {needed}; 10m leaves room")),
    );
}
