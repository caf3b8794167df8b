//! Decisions about alerts that are for nobody.

use crate::check::Cx;
use crate::check::tuning::{known, tunings};
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0826",
    name: "tuning-without-effect",
    level: Level::Warn,
    summary: "a decision about alerts that is for nobody",
    docs: r##"## What
An entry of `monitoring.tuning` is for services that an alert of it does not watch.

## Why
Somebody believes that an alert is quieter or louder somewhere, and it is not.

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
    - { alerts: [GethFewPeers], components: [node-exporter], values: { least: 2 }, reason: a closed network }
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
    - { alerts: [GethFewPeers], components: [geth], values: { least: 2 }, reason: a closed network }
```
"##,
};

/// Looks at each alert of each tuning.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let known = known(cx);
    for tuning in tunings(cx) {
        let Some(services) = &tuning.services else { continue };
        for name in &tuning.alerts {
            let Some(found) = known.get(&name.value) else { continue };
            if found.targets.is_disjoint(services) {
                let watched = found.targets.first().map(|id| cx.topology.services[*id].name.as_str());
                sink.push(
                    Diagnostic::new(
                        &RULE,
                        name.span,
                        format!("`{name}` watches nothing of what this entry is for"),
                    )
                    .here("no service is meant")
                    .help(watched.map_or_else(
                        || "nothing that it speaks of is scraped; remove it from this entry".to_owned(),
                        |service| {
                            format!("it watches `{service}`, among others; correct whom the entry is for")
                        },
                    )),
                );
            }
        }
    }
}
