//! Logs that are collected and cannot be taken apart.

use serde_json::json;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::template::spoken;
use crate::topology::snake;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0858",
    name: "lines-without-fields",
    level: Level::Warn,
    summary: "a service is told to log plain text although its logs are collected",
    docs: r##"## What
The logs of all services are collected, and a setting of a service takes the fields out of its lines.

## Why
Without fields a line has no severity, no time of its own, no slot and no height: it is missing where errors of
all services are shown, and cannot be put beside the lines of other clients.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { ops: { address: 203.0.113.10 } }
services: { el: { host: ops, component: geth, settings: { log-format: terminal } } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: ops
  logs: { retention: 14d }
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { ops: { address: 203.0.113.10 } }
services: { el: { host: ops, component: geth, settings: { log-format: json } } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: ops
  logs: { retention: 14d }
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
```
"##,
};

/// Asks the condition that the component gives for its fields.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(logs) = cx.topology.monitoring.as_ref().and_then(|monitoring| monitoring.logs.as_ref()) else {
        return;
    };
    for service in &cx.topology.services {
        let Some(when) = service.component.logs.as_ref().and_then(|lines| lines.when.as_ref()) else {
            continue;
        };
        let holds = cx.templates.eval_bool(when, json!({ "settings": snake(&service.settings) }));
        if holds != Ok(false) {
            continue;
        }
        // The setting that the condition names is the one to point at.
        let written = service.component.settings.keys().find_map(|name| {
            let named = when.contains(&format!("settings.{}", spoken(name)));
            cx.written(service, name).filter(|_| named)
        });
        sink.push(
            Diagnostic::new(
                &RULE,
                written.map_or(service.origin, |value| value.span),
                format!("the lines of `{}` have no fields", service.name),
            )
            .here("takes them away")
            .label(logs.origin, "logs are collected")
            .help(format!("the fields are there with `{}`; leave the setting out", when.trim())),
        );
    }
}
