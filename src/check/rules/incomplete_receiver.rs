//! Receivers that cannot be reached.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Receiver;
use crate::text::is_host_port;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0804",
    name: "incomplete-receiver",
    level: Level::Deny,
    summary: "a receiver cannot call anybody",
    docs: r##"## What
A receiver has no way to call (no `pagerduty`, `slack`, `email`, ...), its mail server is not `host:port`, or only one half of a login at the mail server is given.

## Why
Alertmanager refuses the configuration, or takes it and drops every alert of that receiver.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
monitoring:
  host: a
  receivers: { oncall: {} }
  routes: [{ to: oncall }]
```

A mail server without a port:

```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
monitoring:
  host: a
  receivers: { oncall: { email: { to: ops@demo.dev, from: alerts@demo.dev, smarthost: mail.demo.dev } } }
  routes: [{ to: oncall }]
```

An IPv6 address that its port cannot be told from:

```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
monitoring:
  host: a
  receivers: { oncall: { email: { to: ops@demo.dev, from: alerts@demo.dev, smarthost: "2001:470::25:587" } } }
  routes: [{ to: oncall }]
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
monitoring:
  host: a
  receivers: { oncall: { email: { to: ops@demo.dev, from: alerts@demo.dev, smarthost: "mail.demo.dev:587" } } }
  routes: [{ to: oncall }]
```
"##,
};

/// Looks at each receiver as written.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    // What could not be read was told: it is not told again by what it lacks.
    if !cx.resolved {
        return;
    }
    let receivers = cx.manifest.monitoring.iter().flat_map(|monitoring| &monitoring.receivers);
    for (name, receiver) in receivers {
        let Receiver { pagerduty, opsgenie, slack, email, webhook } = receiver;
        let silent = pagerduty.is_none() && opsgenie.is_none() && slack.is_none() && webhook.is_none();
        let Some(email) = email else {
            if silent {
                sink.push(
                    Diagnostic::new(&RULE, name.span, format!("receiver `{name}` calls nobody"))
                        .here("no way to call")
                        .help("add one of `pagerduty`, `opsgenie`, `slack`, `email`, `webhook`"),
                );
            }
            continue;
        };
        if !is_host_port(&email.smarthost) {
            let has_port = email.smarthost.contains(':');
            let what = if has_port { "cannot be called like this" } else { "has no port" };
            sink.push(
                Diagnostic::new(&RULE, email.smarthost.span, format!("the mail server of `{name}` {what}"))
                    .here("not `host:port`")
                    .help("write `smarthost: <host>:587`"),
            );
        }
        let (half, missing) = match (&email.username, &email.secret) {
            (Some(_), None) => (true, "`secret: <name>` with the password"),
            (None, Some(_)) => (true, "`username: <name>`"),
            _ => (false, ""),
        };
        if half {
            sink.push(
                Diagnostic::new(
                    &RULE,
                    email.to.span,
                    format!("receiver `{name}` cannot log in at the mail server"),
                )
                .here("half a login")
                .help(format!("add {missing}, or leave the other half out")),
            );
        }
    }
}
