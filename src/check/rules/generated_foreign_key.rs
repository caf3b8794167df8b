//! Made-up keys of somebody else.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::SecretSource;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0420",
    name: "generated-foreign-key",
    level: Level::Deny,
    summary: "a key that somebody else gives out is generated",
    docs: r##"## What
The secret of a receiver, or the access key of the backup storage, has `generate:`.

## Why
Random text is no key of PagerDuty, Slack or S3. The deploy goes through, and the first alert is refused.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
secrets: { pagerduty: { generate: password } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
secrets: { pagerduty: { env: PAGERDUTY_ROUTING_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
```
"##,
};

/// Looks at the secrets that only the other side can make.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let receivers = topology.monitoring.iter().flat_map(|m| m.receiver_secrets.values());
    let storage = topology.backup.iter().filter_map(|backup| backup.credentials.as_ref());
    let all =
        receivers.map(|used| (used, "a receiver")).chain(storage.map(|used| (used, "the backup storage")));
    for (used, whose) in all {
        let secret = &topology.secrets[used.secret];
        if matches!(secret.source, SecretSource::Generate(_)) {
            sink.push(
                Diagnostic::new(
                    &RULE,
                    secret.origin,
                    format!("`{}` is generated, and {whose} gives it out", secret.name),
                )
                .here("random text is no key of theirs")
                .help("take the key that they gave you: `env:`, `sops:`, `vault:` or `file:`"),
            );
        }
    }
}
