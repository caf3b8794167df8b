//! An object store that lets nobody in.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Monitoring;
use crate::text::url_host;

/// Who gives machines a role in place of keys.
const GIVES_ROLES: [&str; 2] = [".amazonaws.com", ".amazonaws.com.cn"];

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0856",
    name: "logs-without-keys",
    level: Level::Deny,
    summary: "the object store of the logs is not at AWS, and no keys are given for it",
    docs: r##"## What
`store: { s3: ... }` names an endpoint that is not AWS, without `credentials`.

## Why
Without keys the store of logs asks AWS for the role of its machine. No other endpoint takes such a role: every
write is refused, the logs pile up in memory and on disk, and are lost with the next restart.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { ops: { address: 203.0.113.10 } }
services: { el: { host: ops, component: geth } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: ops
  logs: { store: { s3: "https://fsn1.example-objects.com/demo-logs" } }
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { ops: { address: 203.0.113.10 } }
services: { el: { host: ops, component: geth } }
secrets: { pagerduty: { env: PAGERDUTY_KEY }, log-keys: { env: LOG_KEYS } }
monitoring:
  host: ops
  logs: { store: { s3: "https://fsn1.example-objects.com/demo-logs", credentials: { secret: log-keys } } }
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
```
"##,
};

/// Looks at the name of the endpoint.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(store) = cx.manifest.monitoring.as_ref().and_then(Monitoring::log_store) else { return };
    let host = url_host(&store.s3);
    if store.credentials.is_some() || GIVES_ROLES.iter().any(|suffix| host.ends_with(suffix)) {
        return;
    }
    sink.push(
        Diagnostic::new(&RULE, store.s3.span, format!("no keys are given for the object store at `{host}`"))
            .here("lets nobody in without keys")
            .help(
                "add `credentials: { secret: <name> }`; the secret is an AWS credentials file: `[default]`, \
                 `aws_access_key_id = ...`, `aws_secret_access_key = ...`",
            ),
    );
}
