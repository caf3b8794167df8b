//! Bound services without a common network.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0213",
    name: "no-shared-network",
    level: Level::Deny,
    summary: "two bound services share no container network",
    docs: r##"## What
A service is bound to another one on the same host, but their containers join no common network; or to one on another host that offers the interface to its own host only.

## Why
The name of the provider would not resolve; the service waits for ever.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks: { back: { internal: true } }
hosts: { a: { address: 203.0.113.10 } }
services:
  db: { host: a, component: postgres, networks: [back] }
  signer: { host: a, component: web3signer, needs: { sql: db } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks: { back: { internal: true } }
hosts: { a: { address: 203.0.113.10 } }
services:
  db: { host: a, component: postgres, networks: [back] }
  signer: { host: a, component: web3signer, needs: { sql: db }, networks: [back, default] }
backup: { to: /mnt/backup, password: { secret: repo } }
secrets: { repo: { env: RESTIC_PASSWORD } }
```
"##,
};

/// Reports each binding over which no packet could travel.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    if !cx.resolved {
        return;
    }
    for binding in &cx.topology.bindings {
        let (consumer, provider) =
            (&cx.topology.services[binding.consumer], &cx.topology.services[binding.provider]);
        let socket = provider.listener(&binding.interface).is_some_and(|l| l.port.is_some());
        let host_network = consumer.networks.is_empty() || provider.networks.is_empty();
        if !socket || host_network || consumer.host != provider.host || consumer.id == provider.id {
            continue;
        }
        if !consumer.networks.iter().any(|network| provider.networks.contains(network)) {
            sink.push(
                Diagnostic::new(
                    &RULE,
                    consumer.origin,
                    format!(
                        "`{}` cannot reach `{}` of `{}`",
                        consumer.name, binding.interface, provider.name
                    ),
                )
                .here(format!("joins {}", consumer.networks.join(", ")))
                .label(provider.origin, format!("joins {}", provider.networks.join(", ")))
                .help(format!("add one of its networks: `networks: [{}]`", provider.networks.join(", "))),
            );
        }
    }
}
