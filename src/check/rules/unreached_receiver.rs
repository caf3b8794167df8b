//! Receivers that no route reaches.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink, list_names};
use crate::topology::{Monitoring, Route, Topology};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0802",
    name: "unreached-receiver",
    level: Level::Deny,
    summary: "a receiver that no alert reaches",
    docs: r##"## What
A receiver is defined, and no route leads to it; or earlier routes take every alert that its route would take, at every hour; or nothing in the network has alerts with the labels that its route asks for.

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

/// Follows the routes with all labels that alerts of this network can have.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    if !cx.resolved {
        return;
    }
    let (Some(monitoring), Some(written)) = (&cx.topology.monitoring, &cx.manifest.monitoring) else {
        return;
    };
    let reached = Reached::of(cx.topology, monitoring);
    for (index, route) in monitoring.routes.iter().enumerate() {
        if reached.routes.contains(&index) {
            continue;
        }
        let receivers = list_names(route.to.iter().map(String::as_str), 4);
        let finding =
            Diagnostic::new(&RULE, route.origin, format!("no alert comes to this route to {receivers}"))
                .here("never reached");
        let before = reached.instead.get(&index);
        sink.push(match before {
            None => finding.help("no service of this network has alerts with such labels; remove the route or change what it asks for"),
            Some(before) => {
                let remark = if before.len() == 1 { "takes all of its alerts first" } else { "takes some of its alerts first" };
                let earlier = before.iter().filter_map(|at| monitoring.routes.get(*at));
                let finding = earlier.take(3).fold(finding, |d, route| d.label(route.origin, remark));
                finding.help("put the narrower route first")
            }
        });
    }
    let routed: BTreeSet<&str> = monitoring
        .routes
        .iter()
        .flat_map(|route| &route.to)
        .chain(&monitoring.heartbeat)
        .map(String::as_str)
        .collect();
    for name in written.receivers.keys().filter(|name| !routed.contains(name.value.as_str())) {
        sink.push(
            Diagnostic::new(&RULE, name.span, format!("no route leads to receiver `{name}`"))
                .here("never called")
                .help(format!("add `- to: {name}` under `routes:`")),
        );
    }
}

/// Which routes alerts come to.
#[derive(Default)]
struct Reached {
    /// Those that take some alert at some hour.
    routes: BTreeSet<usize>,
    /// For each route, those before it that take an alert that it would take, at every hour that is left.
    instead: BTreeMap<usize, BTreeSet<usize>>,
}

impl Reached {
    fn of(topology: &Topology, monitoring: &Monitoring) -> Self {
        let mut reached = Self::default();
        let last = monitoring.routes.len().saturating_sub(1);
        let place = |route: &Route| monitoring.routes.iter().position(|other| std::ptr::eq(other, route));
        for labels in topology.all_alert_labels() {
            let takers: Vec<usize> =
                monitoring.takers(labels).iter().filter_map(|taker| place(taker.route)).collect();
            let meant =
                monitoring.routes.iter().enumerate().filter(|(at, route)| *at == last || route.takes(labels));
            for (at, _) in meant.filter(|(at, _)| !takers.contains(at)) {
                // The one that ends the search, or the one with the same hours.
                let before = takers.iter().copied().filter(|taker| *taker < at);
                let same = |taker: &usize| {
                    let hours = |at: usize| monitoring.routes.get(at).and_then(|route| route.when.as_ref());
                    hours(*taker) == hours(at)
                };
                let by: Vec<usize> = before.collect();
                let cause = by.iter().copied().find(same).or(by.last().copied());
                reached.instead.entry(at).or_default().extend(cause);
            }
            reached.routes.extend(takers);
        }
        reached
    }
}
