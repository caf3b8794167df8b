//! Objectives over so short a time that their windows hold no two scrapes.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::{BASE_WINDOW, WINDOWS};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0845",
    name: "slo-blind",
    level: Level::Deny,
    summary: "the shortest window of the burn-rate alerts is shorter than two scrapes take",
    docs: r##"## What
The windows of the alerts about error budgets follow `slo.window`: the shortest is 5 minutes for an objective over 30 days, and 10 seconds for one over a day. It is shorter than two scrape intervals.

## Why
Without two samples in its window the rate of errors is not known, and the alert never fires.

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
  scrape-interval: 30s
  slo: { availability: 99%, window: 3d }
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
  scrape-interval: 15s
  slo: { availability: 99%, window: 7d }
```
"##,
};

/// Compares the shortest window with the scrape interval.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let (Some(monitoring), Some(written)) = (&cx.topology.monitoring, &cx.manifest.monitoring) else {
        return;
    };
    let Some(slo) = &monitoring.slo else { return };
    let Some((_, shortest)) = WINDOWS.first() else { return };
    let (window, interval) = (slo.scaled(*shortest), monitoring.scrape_interval);
    if window.0 >= interval.0.saturating_mul(2) {
        return;
    }
    let place = written.scrape_interval.as_ref().map_or(monitoring.origin, |interval| interval.span);
    let days = (u128::from(interval.0) * 2 * u128::from(BASE_WINDOW.0))
        .div_ceil(u128::from(*shortest))
        .div_ceil(86_400);
    sink.push(
        Diagnostic::new(
            &RULE,
            slo.origin,
            format!("an objective over {} is watched in windows of {window}", slo.window),
        )
        .here(format!("{window} is less than two scrapes take"))
        .label(place, format!("scraped every {interval}"))
        .help(format!("promise over a longer time, `window: {days}d` or more, or scrape more often")),
    );
}
