//! Alerts that no route was written for.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::diag::list_names;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Severity;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0803",
    name: "unrouted-severity",
    level: Level::Warn,
    summary: "alerts that match no route fall to the last one",
    docs: r##"## What
The last route takes only some severities or regions, and there are alerts that no route takes.

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

/// Asks for each severity and region whether a route takes it.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(monitoring) = &cx.topology.monitoring else { return };
    let Some(last) = monitoring.routes.last() else { return };
    let regions: BTreeSet<&str> =
        cx.topology.hosts.iter().map(|host| cx.topology.region_name(host.id)).collect();
    let taken = |severity: Severity, region: &str| {
        monitoring.routes.iter().any(|route| {
            (route.severities.is_empty() || route.severities.contains(&severity))
                && (route.regions.is_empty() || route.regions.iter().any(|name| name == region))
        })
    };
    let open: Vec<&str> = Severity::ALL
        .into_iter()
        .filter(|severity| regions.iter().any(|region| !taken(*severity, region)))
        .map(Severity::word)
        .collect();
    if open.is_empty() {
        return;
    }
    let listed = list_names(open.iter().copied(), 4);
    sink.push(
        Diagnostic::new(
            &RULE,
            last.origin,
            format!("alerts of severity {listed} match no route and go to `{}`", last.to),
        )
        .here("the last route takes what is left")
        .help("add a route without conditions at the end: `- to: <receiver>`"),
    );
}
