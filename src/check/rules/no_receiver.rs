//! Alerts without a receiver.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Environment;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0801",
    name: "no-receiver",
    level: Level::Deny,
    summary: "alerts that reach nobody",
    docs: r##"## What
The network has monitoring, and nobody is called: there is no receiver, or no route leads to one. A `development` network may call nobody.

## Why
An alert that nobody gets is no alert.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
monitoring: { host: a }
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
```
"##,
};

/// Reports monitoring without a way out.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(monitoring) = &cx.topology.monitoring else { return };
    let play = cx.topology.environment == Environment::Development;
    if monitoring.routes.is_empty() && cx.resolved && !play {
        sink.push(
            Diagnostic::new(&RULE, monitoring.origin, "alerts of this network reach nobody")
                .here("monitoring without a route")
                .help("add `receivers: { <name>: ... }` and `routes: [{ to: <name> }]`"),
        );
    }
}
