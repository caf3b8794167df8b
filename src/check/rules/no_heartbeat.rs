//! Nobody notices when the watching itself dies.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0806",
    name: "no-heartbeat",
    level: Level::Warn,
    summary: "nothing outside notices when monitoring itself is down",
    docs: r##"## What
Real value is at stake, there is monitoring, and it has no `heartbeat`.

## Why
A dead Prometheus, Alertmanager or monitoring host sends no alert. Silence then looks like health.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers:
    oncall: { pagerduty: { secret: pagerduty } }
    watchdog: { webhook: { url: "https://watchdog.demo.dev/ping" } }
  heartbeat: watchdog
  routes: [{ to: oncall }]
```
"##,
};

/// Looks for a heartbeat; what watches only its own host is named apart.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(monitoring) = cx.topology.monitoring.as_ref().filter(|m| m.heartbeat.is_none()) else { return };
    if !cx.at_stake() {
        return;
    }
    let host = &cx.topology.hosts[monitoring.host];
    let alone = cx.topology.hosts.len() == 1;
    let here = if alone {
        format!("host `{}` watches only itself", host.name)
    } else {
        format!("when host `{}` is down, no alert says so", host.name)
    };
    sink.push(
        Diagnostic::new(&RULE, monitoring.origin, "nobody is called when monitoring itself is down")
            .here(here)
            .help("add a receiver at a dead man's switch (a service that calls you when pings stop) and `heartbeat: <receiver>`"),
    );
}
