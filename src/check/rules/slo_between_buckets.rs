//! Promises about a time that no bucket ends at.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink, list_names};
use crate::topology::Service;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0844",
    name: "slo-between-buckets",
    level: Level::Deny,
    summary: "the time of an objective is no bound of the histogram",
    docs: r##"## What
The time `within` of a latency in `monitoring.slo` is not the upper bound of a bucket of the histogram that a component exports.

## Why
A histogram counts how many requests took at most as long as each of its bounds. Between two bounds nobody knows; what lies between would be guessed, and the guess decides whether people are woken.

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
  slo: { availability: 99.9%, window: 30d, latency: { within: 300ms, of: 99% } }
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
  slo: { availability: 99.9%, window: 30d, latency: { within: 250ms, of: 99% } }
```
"##,
};

/// Compares the time with the bounds of every component that the objective is about.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(slo) = cx.manifest.monitoring.as_ref().and_then(|m| m.slo.as_ref()) else { return };
    let mut told = BTreeSet::new();
    for (role, latency) in slo.latencies() {
        let wanted = |service: &&Service| {
            let component = &service.component.component.value;
            let node = service.node.map(|node| &cx.topology.nodes[node]);
            node.is_some_and(|node| slo.latency_of(&node.role).is_some_and(|l| std::ptr::eq(l, latency)))
                && (latency.components.is_empty() || latency.components.iter().any(|c| c.value == *component))
        };
        for service in cx.topology.services.iter().filter(wanted) {
            let component = &service.component.component;
            let Some(histogram) = &service.component.sli.latency else { continue };
            let within = latency.within.value;
            if histogram.has(within)
                || !told.insert((role.map(|r| r.value.as_str()), component.value.as_str()))
            {
                continue;
            }
            let nearest: Vec<String> = histogram.nearest(within).iter().map(ToString::to_string).collect();
            sink.push(
                Diagnostic::new(
                    &RULE,
                    latency.within.span,
                    format!("`{component}` does not count the requests that take at most {within}"),
                )
                .here("between two bounds of the histogram")
                .label(service.origin, format!("exports `{}`", histogram.histogram))
                .help(format!("the nearest bounds: {}", list_names(nearest.iter().map(String::as_str), 2)))
                .help("or say which components it is about: `components: [...]`"),
            );
        }
    }
}
