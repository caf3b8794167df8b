//! Networks that nobody watches.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0807",
    name: "no-monitoring",
    level: Level::Warn,
    summary: "a network with real value is not watched",
    docs: r##"## What
Real value is at stake, and the manifest has no `monitoring:`.

## Why
The first to notice a dead validator is then whoever looks at the balance.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
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

/// Looks for the section.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    if cx.topology.monitoring.is_some() || cx.manifest.monitoring.is_some() || !cx.at_stake() {
        return;
    }
    if cx.topology.services.is_empty() {
        return;
    }
    let name = &cx.manifest.network.name;
    sink.push(
        Diagnostic::new(&RULE, name.span, format!("nobody watches `{name}`"))
            .here("real value is at stake here")
            .help("add `monitoring: { host: <host>, receivers: ..., routes: ... }`"),
    );
}
