//! Receivers that no route reaches.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::Route;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0802",
    name: "unreached-receiver",
    level: Level::Warn,
    summary: "a receiver that no alert reaches",
    docs: r##"## What
A receiver is defined, and no route leads to it; or an earlier route takes every alert that its route would take.

## Why
Somebody believes to be called and never is.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
secrets: { pagerduty: { env: PAGERDUTY_KEY }, slack: { env: SLACK_URL } }
monitoring:
  host: a
  receivers:
    oncall: { pagerduty: { secret: pagerduty } }
    team: { slack: { secret: slack, channel: "#nodes" } }
  routes: [{ to: oncall }, { severity: [P3, P4], to: team }]
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
  receivers:
    oncall: { pagerduty: { secret: pagerduty } }
    team: { slack: { secret: slack, channel: "#nodes" } }
  routes: [{ severity: [P3, P4], to: team }, { to: oncall }]
```
"##,
};

/// Follows the routes in order; a route behind one that takes all of its alerts is never used.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    if !cx.resolved {
        return;
    }
    let (Some(monitoring), Some(written)) = (&cx.topology.monitoring, &cx.manifest.monitoring) else {
        return;
    };
    let mut reached = BTreeSet::new();
    for (index, route) in monitoring.routes.iter().enumerate() {
        match monitoring.routes.iter().take(index).find(|earlier| covers(earlier, route)) {
            Some(earlier) => sink.push(
                Diagnostic::new(
                    &RULE,
                    route.origin,
                    format!("no alert comes to this route to `{}`", route.to),
                )
                .here("never reached")
                .label(earlier.origin, "takes all of its alerts first")
                .help("put the narrower route first"),
            ),
            None => {
                reached.insert(route.to.as_str());
            }
        }
    }
    let routed: BTreeSet<&str> =
        monitoring.routes.iter().map(|r| &r.to).chain(&monitoring.heartbeat).map(String::as_str).collect();
    for name in written.receivers.keys() {
        if !reached.contains(name.value.as_str()) && !routed.contains(name.value.as_str()) {
            sink.push(
                Diagnostic::new(&RULE, name.span, format!("no route leads to receiver `{name}`"))
                    .here("never called")
                    .help(format!("add `- to: {name}` under `routes:`")),
            );
        }
    }
}

/// Whether every alert of `narrow` is taken by `wide`.
fn covers(wide: &Route, narrow: &Route) -> bool {
    fn within<T: PartialEq>(wide: &[T], narrow: &[T]) -> bool {
        wide.is_empty() || (!narrow.is_empty() && narrow.iter().all(|item| wide.contains(item)))
    }
    within(&wide.severities, &narrow.severities) && within(&wide.regions, &narrow.regions)
}
