//! The alert that always fires, sent to people.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0805",
    name: "heartbeat-to-people",
    level: Level::Warn,
    summary: "the heartbeat goes to a receiver that people read",
    docs: r##"## What
`heartbeat` names a receiver that routes name too.

## Why
The heartbeat is an alert that always fires, sent every few minutes, for a service that calls you when it stops. People mute what comes every five minutes, and the real alerts with it.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  heartbeat: oncall
  routes: [{ to: oncall }]
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
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

/// Compares the receiver of the heartbeat with those of the routes.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(monitoring) = &cx.manifest.monitoring else { return };
    let Some(heartbeat) = &monitoring.heartbeat else { return };
    let mut called = monitoring.routes.iter().flat_map(|route| &route.to.0);
    if let Some(person) = called.find(|to| *to == heartbeat) {
        sink.push(
            Diagnostic::new(&RULE, heartbeat.span, format!("the heartbeat is sent to `{heartbeat}` all day"))
                .here("every five minutes, for ever")
                .label(person.span, "alerts for people go there too")
                .help("give the heartbeat a receiver of its own: a service that calls you when it stops to arrive"),
        );
    }
}
