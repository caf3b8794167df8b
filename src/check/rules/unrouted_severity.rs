//! Alerts that no route was written for.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::diag::list_names;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::AlertLabels;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0803",
    name: "unrouted-severity",
    level: Level::Deny,
    summary: "alerts that match no route fall to the last one",
    docs: r##"## What
The last route takes only some severities, regions, teams or components, and there are alerts that no route takes. Alerts about the network as a whole have no region, no team and no component.

## Why
Such alerts go to the receiver of the last route in any case, so that none is lost. Whoever is there is called at night for a P4, or a P1 ends in a channel that nobody reads at night.

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
  routes: [{ severity: [P1, P2], to: oncall }]
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
secrets: { pagerduty: { env: PAGERDUTY_KEY }, slack: { env: SLACK_URL } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } }, team: { slack: { secret: slack, channel: "#nodes" } } }
  routes: [{ severity: [P1, P2], to: oncall }, { to: team }]
```
"##,
};

/// Asks for each severity and all labels that its alerts can have whether a route takes them.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(monitoring) = cx.topology.monitoring.as_ref().filter(|_| cx.resolved) else { return };
    let Some(last) = monitoring.last_route() else { return };
    // Two routes with opposite hours take an alert together, and then the last one is not among those.
    let left = |labels: AlertLabels<'_>| {
        let takers = monitoring.takers(labels);
        !last.takes(labels) && takers.iter().any(|taker| std::ptr::eq(taker.route, last))
    };
    let mut open = BTreeSet::new();
    for labels in cx.topology.all_alert_labels() {
        if !open.contains(&labels.severity) && left(labels) {
            open.insert(labels.severity);
        }
    }
    if open.is_empty() {
        return;
    }
    let listed = list_names(open.iter().map(|severity| severity.word()), 4);
    let receivers = list_names(last.to.iter().map(String::as_str), 4);
    sink.push(
        Diagnostic::new(
            &RULE,
            last.origin,
            format!("alerts of severity {listed} match no route and go to {receivers}"),
        )
        .here("the last route takes what is left")
        .help("add a route without conditions at the end: `- to: <receiver>`"),
    );
}
