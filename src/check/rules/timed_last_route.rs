//! Alerts that would be lost at some hours.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0836",
    name: "timed-last-route",
    level: Level::Deny,
    summary: "the last route holds only at some hours",
    docs: r##"## What
The last route has `during` or `outside`.

## Why
The last route takes what no other does, at any hour, for no alert may be lost: what would go there at other hours has nowhere to go.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
secrets: { pagerduty: { env: PAGERDUTY_KEY }, slack: { env: SLACK_URL } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } }, day: { slack: { secret: slack, channel: "#nodes" } } }
  times: { office: { days: [mon-fri], from: "08:00", to: "18:00", zone: Europe/Berlin } }
  routes: [{ severity: [P1, P2], to: oncall }, { during: office, to: day }]
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
  receivers: { oncall: { pagerduty: { secret: pagerduty } }, day: { slack: { secret: slack, channel: "#nodes" } } }
  times: { office: { days: [mon-fri], from: "08:00", to: "18:00", zone: Europe/Berlin } }
  routes: [{ severity: [P2, P3, P4], during: office, to: day }, { to: oncall }]
```
"##,
};

/// Looks at the last route as written.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let routes = cx.manifest.monitoring.iter().flat_map(|monitoring| monitoring.routes.last());
    for route in routes {
        let (Some(time), Some(to)) = (route.during.as_ref().or(route.outside.as_ref()), route.to.0.first())
        else {
            continue;
        };
        sink.push(
            Diagnostic::new(&RULE, time.span, "at other hours, alerts would call nobody, P1 included")
                .here(format!("the last route is needed at every hour, not only by `{time}`"))
                .help(format!("add a last route for all hours: `- to: {to}`")),
        );
    }
}
