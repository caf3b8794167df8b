//! Services that two teams claim.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0835",
    name: "two-teams",
    level: Level::Deny,
    summary: "two teams own one service",
    docs: r##"## What
A service is claimed by two entries of `monitoring.teams`.

## Why
An alert has one label `team`. With two owners, one of them believes to be called and never is, and each waits for the other.

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
  teams: { protocol: { components: [geth] }, infra: { services: [el] } }
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
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  teams: { protocol: { components: [geth] }, infra: { components: [node-exporter, prometheus] } }
  routes: [{ to: oncall }]
```
"##,
};

/// One finding for each pair of claims.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(monitoring) = &cx.topology.monitoring else { return };
    for contest in &monitoring.teams.contests {
        let service = &cx.topology.services[contest.service].name;
        let ((first, place), (second, other)) = (&contest.first, &contest.second);
        sink.push(
            Diagnostic::new(&RULE, *other, format!("teams `{first}` and `{second}` both own `{service}`"))
                .here(format!("`{second}` owns it by this"))
                .label(*place, format!("`{first}` owns it by this"))
                .help("name narrower parts, so that each service has one team"),
        );
    }
}
