//! Needs that an internal network does not let out.

use std::collections::BTreeSet;

use super::published_from_internal::is_shut_in;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink, list_names};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0232",
    name: "no-way-out",
    level: Level::Deny,
    summary: "a container in internal networks needs a service outside",
    docs: r##"## What
A container on a Docker host joins `internal: true` networks only, and is bound to a service on another host, or to one that runs on the network of its own host.

## Why
An internal network has no route out. The need is bound, and every call of it fails.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks: { back: { internal: true } }
hosts:
  a: { address: 203.0.113.10, private-address: 10.20.0.10 }
  b: { address: 203.0.113.11, private-address: 10.20.0.11 }
services:
  db: { host: a, component: postgres }
  watch: { host: b, component: postgres-exporter, networks: [back], needs: { sql: db } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
networks: { back: { internal: true } }
hosts:
  a: { address: 203.0.113.10, private-address: 10.20.0.10 }
  b: { address: 203.0.113.11, private-address: 10.20.0.11 }
services:
  db: { host: a, component: postgres }
  watch: { host: b, component: postgres-exporter, networks: [back, default], needs: { sql: db } }
secrets: { restic: { env: RESTIC_PASSWORD } }
backup: { to: /mnt/backup, password: { secret: restic } }
```
"##,
};

/// Looks at the bindings of containers without an open network; the first that fails is told.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let mut told = BTreeSet::new();
    for binding in &topology.bindings {
        let (consumer, provider) =
            (&topology.services[binding.consumer], &topology.services[binding.provider]);
        let socket = provider.listener(&binding.interface).is_some_and(|l| l.port.is_some());
        if !socket || !is_shut_in(topology, consumer) {
            continue;
        }
        let home = &topology.hosts[provider.host];
        let outside = if provider.host != consumer.host {
            format!("runs on host `{}`", home.name)
        } else if provider.on_host_network(home) {
            "runs on the network of the host".to_owned()
        } else {
            continue;
        };
        if !told.insert(consumer.id) {
            continue;
        }
        sink.push(
            Diagnostic::new(
                &RULE,
                consumer.origin,
                format!("`{}` cannot reach `{}` of `{}`", consumer.name, binding.interface, provider.name),
            )
            .here(format!(
                "joins {} only, without a way out",
                list_names(consumer.networks.iter().map(String::as_str), 4)
            ))
            .label(provider.origin, outside)
            .help("add a network with a way out: `networks: [..., default]`"),
        );
    }
}
