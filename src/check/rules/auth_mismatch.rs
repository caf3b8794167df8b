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
The provider refuses every call. This happens when a secret is made anew for each node and a binding crosses nodes.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
stacks:
  el: { execution: { component: geth } }
  cl: { beacon: { component: lighthouse-beacon, needs: { engine-api: one/execution }, settings: { checkpoint-sync-url: "https://checkpoint-sync.hoodi.ethpandaops.io" } } }
nodes:
  one: { host: a, role: rpc, stack: el }
  two: { host: b, role: rpc, stack: cl }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
secrets: { jwt: { generate: hex32, scope: network } }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
stacks:
  el: { execution: { component: geth } }
  cl: { beacon: { component: lighthouse-beacon, needs: { engine-api: one/execution }, settings: { checkpoint-sync-url: "https://checkpoint-sync.hoodi.ethpandaops.io" } } }
nodes:
  one: { host: a, role: rpc, stack: el }
  two: { host: b, role: rpc, stack: cl }
```
"##,
};

/// Reports bindings whose ends hold different secrets.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for binding in &cx.topology.bindings {
        let (consumer, provider) =
            (&cx.topology.services[binding.consumer], &cx.topology.services[binding.provider]);
        let Some(auth) = provider.listener(&binding.interface).and_then(|l| l.auth.as_ref()) else { continue };
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
            .here(format!("uses `{}` of another node", binding.interface))
            .label(provider.origin, format!("has a `{auth}` of its own"))
            .help(format!("share one: `secrets: {{ {auth}: {{ generate: hex32, scope: network }} }}`")),
        );
    }
}
