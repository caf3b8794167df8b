//! Two decisions about one alert that contradict each other.

use std::collections::BTreeSet;

use crate::analyze::tuning::groups;
use crate::check::Cx;
use crate::check::tuning::{known, tunings};
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::text::Span;
use crate::topology::Tuning;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0828",
    name: "tunings-disagree",
    level: Level::Deny,
    summary: "two decisions about one alert that contradict each other",
    docs: r##"## What
Two entries of `monitoring.tuning` say different things about the same alert for the same service.

## Why
Only one of them can hold, and which one is a matter of chance for the reader.

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
    - { alerts: [GethFewPeers], values: { least: 2 }, reason: a closed network of three nodes }
    - { alerts: [GethFewPeers], components: [geth], values: { least: 3 }, reason: three is the habit here }
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
    - { alerts: [GethFewPeers], values: { least: 2 }, reason: a closed network of three nodes }
    - { alerts: [GethFewPeers], components: [geth], severity: P4, reason: three is the habit here }
```
"##,
};

/// Compares the tunings that meet at some service, each pair once for an alert.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let all = tunings(cx);
    let mut told = BTreeSet::new();
    for (name, found) in known(cx) {
        for (meeting, services) in groups(all, &name, &found.targets) {
            let pairs = meeting
                .iter()
                .enumerate()
                .flat_map(|(at, a)| meeting.iter().skip(at + 1).map(move |b| (*a, *b)));
            for (a, b) in pairs {
                let (Some(first), Some(second)) = (all.get(a), all.get(b)) else { continue };
                let Some((what, one, other)) = difference(first, second) else { continue };
                if !told.insert((a, b)) {
                    continue;
                }
                let service =
                    services.first().map(|id| cx.topology.services[*id].name.as_str()).unwrap_or_default();
                sink.push(
                    Diagnostic::new(
                        &RULE,
                        other,
                        format!("two entries give `{name}` of `{service}` different {what}"),
                    )
                    .here("and this here")
                    .label(one, "this is decided here")
                    .help("keep one of them, or let the entries be for different services"),
                );
            }
        }
    }
}

/// What two tunings say differently, and where.
fn difference(a: &Tuning, b: &Tuning) -> Option<(String, Span, Span)> {
    for (name, one) in &a.values {
        if let Some(other) = b.values.get(name).filter(|other| other.value.to_bits() != one.value.to_bits()) {
            return Some((format!("values `{name}`"), one.span, other.span));
        }
    }
    if let (Some(one), Some(other)) = (a.severity, b.severity)
        && one.value != other.value
    {
        return Some(("severities".to_owned(), one.span, other.span));
    }
    if let (Some(one), Some(other)) = (a.hold, b.hold)
        && one.value != other.value
    {
        return Some(("times `for`".to_owned(), one.span, other.span));
    }
    let sets =
        |tuning: &Tuning| !tuning.values.is_empty() || tuning.severity.is_some() || tuning.hold.is_some();
    let clash = (a.off && !b.off && sets(b)) || (b.off && !a.off && sets(a));
    clash.then(|| ("states: off, and on".to_owned(), a.origin, b.origin))
}
