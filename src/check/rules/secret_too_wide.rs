//! Generated secrets that are shared too widely.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Scope;
use crate::topology::SecretSource;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0415",
    name: "secret-too-wide",
    level: Level::Warn,
    summary: "one generated secret is shared by nodes that need not share it",
    docs: r##"## What
A secret with `generate:` has the scope `network` (the default) or `host`, the services that use it need to share it inside one node only, and several nodes have it.

## Why
Whoever takes one host then has the key to the engine API of all the others.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
secrets: { jwt: { generate: hex32 } }
stacks: { el: { execution: { component: geth } } }
nodes:
  one: { host: a, role: rpc, stack: el }
  two: { host: b, role: rpc, stack: el }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
secrets: { jwt: { generate: hex32, scope: node } }
stacks: { el: { execution: { component: geth } } }
nodes:
  one: { host: a, role: rpc, stack: el }
  two: { host: b, role: rpc, stack: el }
```
"##,
};

/// Compares the scope of each generated secret with what its settings ask for.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for secret in &cx.topology.secrets {
        if !matches!(secret.source, SecretSource::Generate(_)) || secret.scope > Scope::Host {
            continue;
        }
        let mut nodes = BTreeSet::new();
        for service in &cx.topology.services {
            let narrow = service.secrets.iter().filter(|used| used.secret == secret.id).any(|used| {
                let setting = service.component.settings.get(&used.setting);
                setting.and_then(|s| s.generate).is_some_and(|g| g.scope > Scope::Host)
            });
            if narrow {
                nodes.insert(service.node.ok_or(service.id));
            }
        }
        if nodes.len() > 1 {
            sink.push(
                Diagnostic::new(
                    &RULE,
                    secret.origin,
                    format!("{} nodes share the generated secret `{}`", nodes.len(), secret.name),
                )
                .here("one value for all of them")
                .help("add `scope: node`: each node makes its own"),
            );
        }
    }
}
