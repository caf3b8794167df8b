//! Promises about times that nothing measures.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::Service;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0843",
    name: "slo-unmeasured",
    level: Level::Deny,
    summary: "an objective of latency for services that measure none",
    docs: r##"## What
A `latency` in `monitoring.slo` is about services of which none exports a histogram of the time that requests take: those of a role, those of a component that it names, or all of the network.

## Why
A share of requests is counted in the buckets of a histogram. Averages and quantiles that a program computes itself cannot be added up over services or time, so there is nothing that could be held against the objective, and its alerts would never fire.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
stacks:
  rpc:
    el: { component: geth }
nodes: { n: { host: a, role: rpc, stack: rpc } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
  slo: { availability: 99.9%, window: 30d, roles: { rpc: { latency: { within: 250ms, of: 99% } } } }
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
  slo: { availability: 99.9%, window: 30d, roles: { rpc: { latency: { within: 250ms, of: 99% } } } }
```
"##,
};

/// Looks at the objective of the network and those of the roles.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(slo) = cx.manifest.monitoring.as_ref().and_then(|m| m.slo.as_ref()).filter(|_| cx.resolved)
    else {
        return;
    };
    for (role, latency) in slo.latencies() {
        let of_role = |node| role.is_none_or(|role| cx.topology.nodes[node].role == role.value);
        let services: Vec<&Service> =
            cx.topology.services.iter().filter(|service| service.node.is_some_and(of_role)).collect();
        let measures = |service: &&Service| service.component.sli.latency.is_some();
        let whose = role.map_or_else(
            || "no service of a role".to_owned(),
            |role| format!("no service of the role `{role}`"),
        );
        if !services.iter().any(measures) {
            let mut found = Diagnostic::new(
                &RULE,
                latency.within.span,
                format!("{whose} measures how long requests take"),
            )
            .here("nothing to hold against it");
            if let Some(service) = services.first() {
                found = found
                    .label(service.origin, format!("`{}` exports no histogram", service.component.component));
            }
            sink.push(found.help(
                "take the latency out, or a component whose `sli: { latency: ... }` names a histogram",
            ));
            continue;
        }
        for wanted in &latency.components {
            let mut of_component =
                services.iter().filter(|service| service.component.component.value == wanted.value);
            if of_component.clone().any(measures) {
                continue;
            }
            let known: BTreeSet<&str> = services
                .iter()
                .filter(|s| measures(s))
                .map(|s| s.component.component.value.as_str())
                .collect();
            let what = match of_component.next() {
                Some(_) => format!("`{wanted}` does not measure how long requests take"),
                None => format!("{whose} is a `{wanted}`"),
            };
            let what =
                if role.is_none() { what.replace("no role is", "no service of a role is") } else { what };
            sink.push(
                Diagnostic::new(&RULE, wanted.span, what)
                    .here("nothing to hold against it")
                    .suggest(&wanted.value, known),
            );
        }
    }
}
