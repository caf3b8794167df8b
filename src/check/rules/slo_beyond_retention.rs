//! Objectives that outlive the data.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0816",
    name: "slo-beyond-retention",
    level: Level::Warn,
    summary: "metrics are kept for less time than the objective covers",
    docs: r##"## What
`slo.window` is longer than the time for which metrics are kept.

## Why
Nobody can then say whether the objective was met: the first days of the window are gone before it ends.

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
  retention: 7d
  slo: { availability: 99.9%, window: 30d }
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
  retention: 30d
  slo: { availability: 99.9%, window: 30d }
```
"##,
};

/// Compares the two times.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let (Some(monitoring), Some(written)) = (&cx.topology.monitoring, &cx.manifest.monitoring) else {
        return;
    };
    let Some(slo) = &written.slo else { return };
    // The longest of them decides how long metrics must be kept.
    let longest = slo.between_failures.iter().chain([&slo.window]).max_by_key(|time| time.value);
    let Some(longest) = longest.filter(|time| time.value > monitoring.retention) else { return };
    let retention = written.retention.as_ref().map_or(monitoring.origin, |retention| retention.span);
    sink.push(
        Diagnostic::new(&RULE, longest.span, format!("metrics are kept for {} only", monitoring.retention))
            .here("cannot be computed over this time")
            .label(retention, format!("kept for {}", monitoring.retention))
            .help(format!("keep them longer: `retention: {}`", longest.value)),
    );
}
