//! Decisions about alerts that are over.

use crate::check::Cx;
use crate::check::tuning::tunings;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0827",
    name: "expired-tuning",
    level: Level::Deny,
    summary: "a decision about alerts that is past its last day",
    docs: r##"## What
The day in `until` of an entry of `monitoring.tuning` is over.

## Why
A silence that was meant for a week hides failures for years. The last day makes somebody decide again.

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
  routes: [{ to: oncall }]
  tuning:
    - { alerts: [GethFewPeers], off: true, until: 2026-11-20, reason: "the second peer is on order, ticket OPS-112" }
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
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
  tuning:
    - { alerts: [GethFewPeers], off: true, until: 2026-11-21, reason: "the second peer is on order, ticket OPS-112" }
```
"##,
};

/// Compares each last day with today; without a day nothing is ever over.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(today) = cx.as_of else { return };
    for tuning in tunings(cx) {
        let Some(until) = tuning.until.filter(|until| until.value < today) else { continue };
        sink.push(
            Diagnostic::new(
                &RULE,
                until.span,
                format!("this decision about alerts is over since {}", until.value),
            )
            .here(format!("today is {today}"))
            .label(tuning.origin, "it was made for this alert")
            .help("remove it, or give a later day with a reason that holds")
            .help("to build what was built before, say so: `--as-of YYYY-MM-DD`"),
        );
    }
}
