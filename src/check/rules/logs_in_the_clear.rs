//! Logs that anybody on the way can read.

use crate::check::Cx;
use crate::check::address::{ip, is_public};
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Monitoring;
use crate::text::url_host;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0857",
    name: "logs-in-the-clear",
    level: Level::Warn,
    summary: "logs go to an object store without encryption, over networks of strangers",
    docs: r##"## What
The object store of the logs is reached by `http://`, and its address is not a private one.

## Why
Everything that the services log crosses the internet in the clear: peers, addresses, the public keys of
validators and the times at which they are due.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { ops: { address: 203.0.113.10 } }
services: { el: { host: ops, component: geth } }
secrets: { pagerduty: { env: PAGERDUTY_KEY }, log-keys: { env: LOG_KEYS } }
monitoring:
  host: ops
  logs: { store: { s3: "http://fsn1.example-objects.com/demo-logs", credentials: { secret: log-keys } } }
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

/// A name without dots is one of the own network.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(store) = cx.manifest.monitoring.as_ref().and_then(Monitoring::log_store) else { return };
    let host = url_host(&store.s3);
    let far = ip(&host).map_or_else(|| host.contains('.'), is_public);
    if !store.s3.starts_with("http://") || !far {
        return;
    }
    sink.push(
        Diagnostic::new(&RULE, store.s3.span, format!("logs go to `{host}` without encryption"))
            .here("in the clear")
            .help("write `https://`; for a store in a private network give its private address"),
    );
}
