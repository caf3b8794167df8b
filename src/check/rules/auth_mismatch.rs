//! Two ends that do not share their secret.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0404",
    name: "auth-mismatch",
    level: Level::Deny,
    summary: "two ends of a binding have different secrets",
    docs: r##"## What
An interface asks both ends to share a secret (a JWT), and the two services have different ones.

## Why
The provider refuses every call. Without a setting the consumer takes the secret of its provider; a setting of its own breaks that.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
secrets: { mine: { generate: hex32 } }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn:
    host: a
    component: lighthouse-beacon
    settings: { jwt: { secret: mine }, checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn:
    host: a
    component: lighthouse-beacon
    settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" }
```
"##,
};

/// Reports bindings whose ends hold different secrets.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for binding in &cx.topology.bindings {
        let (consumer, provider) =
            (&cx.topology.services[binding.consumer], &cx.topology.services[binding.provider]);
        let Some(auth) = provider.listener(&binding.interface).and_then(|l| l.auth.as_ref()) else {
            continue;
        };
        let theirs = provider.secrets.iter().find(|s| s.setting == *auth).map(|s| s.secret);
        let ours = consumer.secrets.iter().find(|s| s.setting == *auth).map(|s| s.secret);
        if ours.is_none() || ours == theirs {
            continue;
        }
        sink.push(
            Diagnostic::new(
                &RULE,
                binding.origin,
                format!("`{}` and `{}` do not share the secret `{auth}`", consumer.name, provider.name),
            )
            .here(format!("uses `{}` with a `{auth}` of its own", binding.interface))
            .label(provider.origin, format!("expects another `{auth}`"))
            .help(format!("leave the setting `{auth}` out, or name the same secret on both ends")),
        );
    }
}
