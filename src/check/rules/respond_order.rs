//! Response times against the order of urgency.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Severity;
use crate::manifest::quantity::Duration;
use crate::text::Span;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0838",
    name: "respond-order",
    level: Level::Deny,
    summary: "a more urgent severity has more time than a milder one",
    docs: r##"## What
In `monitoring.respond`, a severity has no time at all, or more of it than the next milder one.

## Why
How long alerts wait for others and how often they are sent again follows from these times. Turned round, a P1 is gathered for minutes and repeated once a day.

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
  respond: { P1: 1h, P2: 30m }
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
  respond: { P1: 5m, P2: 1h }
  routes: [{ to: oncall }]
```
"##,
};

/// Compares each severity with the next milder one.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let (Some(monitoring), Some(written)) = (&cx.topology.monitoring, &cx.manifest.monitoring) else {
        return;
    };
    let place = |severity| written.respond.of(severity).map_or(Span::nowhere(), |time| time.span);
    for severity in Severity::ALL {
        if monitoring.response(severity) == Duration(0) {
            sink.push(
                Diagnostic::new(
                    &RULE,
                    place(severity),
                    format!("nobody can act on a {} in no time", severity.word()),
                )
                .here("no time at all")
                .help(format!("write the time in which a person acts, such as `{}`", severity.response())),
            );
        }
    }
    for (urgent, milder) in Severity::ALL.into_iter().zip(Severity::ALL.into_iter().skip(1)) {
        let (most, least) = (monitoring.response(urgent), monitoring.response(milder));
        if most <= least || least == Duration(0) {
            continue;
        }
        let (urgent_place, milder_place) = (place(urgent), place(milder));
        let (at, other) = if urgent_place.is_somewhere() {
            (urgent_place, milder_place)
        } else {
            (milder_place, urgent_place)
        };
        sink.push(
            Diagnostic::new(
                &RULE,
                at,
                format!("a {} has {most}, longer than the {least} of a {}", urgent.word(), milder.word()),
            )
            .here("against the order of urgency")
            .label(other, "compared with this")
            .help(format!("give {} at most the time of {}", urgent.word(), milder.word())),
        );
    }
}
