//! Objectives that allow no failure at all.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0815",
    name: "slo-without-budget",
    level: Level::Deny,
    summary: "an objective of 100% leaves no budget for errors",
    docs: r##"## What
An objective of `monitoring.slo` is `100%`: the availability or the share of fast requests, of the network or of a role.

## Why
Burn-rate alerts compare errors with the budget. With a budget of zero the first missed scrape fires a P1, and so does every restart.

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
  slo: { availability: 100%, window: 30d }
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
  slo: { availability: 99.9%, window: 30d }
```
"##,
};

/// Looks at what is left of the whole.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(slo) = cx.manifest.monitoring.as_ref().and_then(|monitoring| monitoring.slo.as_ref()) else {
        return;
    };
    for target in slo.targets().filter(|target| target.value.rest().0 == 0) {
        sink.push(
            Diagnostic::new(&RULE, target.span, "an objective of 100% is missed at the first failure")
                .here("leaves no budget")
                .help("promise what can be kept: `99.9%` is 43 minutes a month"),
        );
    }
}
