//! Objectives so loose that a full outage wakes nobody.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::Measure;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0846",
    name: "slo-too-loose",
    level: Level::Warn,
    summary: "an objective is so loose that a full outage does not page",
    docs: r##"## What
An objective allows 7% of failure or more: 14.4 times its error budget is more than everything.

## Why
The fastest burn-rate alert fires when the budget is spent 14.4 times too fast. With so large a budget even an outage of all services spends it more slowly, so the alert can never fire, and people learn of an outage from the alerts of single services, or hours later.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
stacks:
  rpc:
    el: { component: geth }
    beacon: { component: lighthouse-beacon, settings: { checkpoint-sync: "https://hoodi.beaconstate.ethstaker.cc" } }
nodes: { n: { host: a, role: rpc, stack: rpc } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
  slo: { availability: 90%, window: 30d }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
stacks:
  rpc:
    el: { component: geth }
    beacon: { component: lighthouse-beacon, settings: { checkpoint-sync: "https://hoodi.beaconstate.ethstaker.cc" } }
nodes: { n: { host: a, role: rpc, stack: rpc } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
  slo: { availability: 99.5%, window: 30d }
```
"##,
};

/// Where errors of all there is burn no faster than the fastest alert takes, in hundredths of a percent.
const LEAST: u32 = 694;

/// One finding a place: an objective of the network holds for many roles.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(slo) = cx.topology.monitoring.as_ref().and_then(|m| m.slo.as_ref()) else { return };
    let mut told = BTreeSet::new();
    for objective in &slo.objectives {
        if objective.target.rest().0 <= LEAST || !told.insert(objective.origin) {
            continue;
        }
        let what = match &objective.measure {
            Measure::Availability => {
                format!("down wholly, the role `{}` wakes nobody by this objective", objective.role)
            }
            Measure::Latency { .. } => {
                format!(
                    "with all requests slow, the role `{}` wakes nobody by this objective",
                    objective.role
                )
            }
        };
        sink.push(
            Diagnostic::new(&RULE, objective.origin, what)
                .here(format!("{} may fail", objective.target.rest()))
                .help("promise 93.1% or more, or rely on the alerts of single services alone"),
        );
    }
}
