//! Services that write to a copy which can only be read.

use std::collections::BTreeSet;

use crate::catalog::interface::Need;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::ServiceId;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0459",
    name: "write-to-copy",
    level: Level::Deny,
    summary: "a service writes to a copy that can only be read",
    docs: r##"## What
A service whose need is marked with `writes` or `signing-history` is bound to an interface that its component marks as `read-only`: a signer to a replica of its database.

## Why
A replica takes no writes. A signer that cannot write what it signs signs nothing, so every duty is missed. And who lifts that by promoting the replica while the primary is still up has two databases, each with a half of what was signed: that is slashed.

After a planned promotion the server is a primary: give it the component of a primary in the manifest.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  db: { host: a, component: postgres, settings: { replication: true } }
  copy: { host: a, component: postgres-replica, ports: { sql: 5433 }, needs: { sql: db } }
  signer: { host: a, component: web3signer, needs: { sql: copy } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  db: { host: a, component: postgres, settings: { replication: true } }
  copy: { host: a, component: postgres-replica, ports: { sql: 5433 }, needs: { sql: db } }
  signer: { host: a, component: web3signer, needs: { sql: db } }
```
"##,
};

/// Looks at who is behind each need that writes.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    // Companions are bound as their owner is: one mistake, told once.
    let mut told: BTreeSet<(ServiceId, ServiceId)> = BTreeSet::new();
    for binding in &topology.bindings {
        let (consumer, provider) =
            (&topology.services[binding.consumer], &topology.services[binding.provider]);
        let name = binding.interface.as_str();
        let writes = consumer.component.needs.get(name).is_some_and(Need::changes);
        let copy = provider.component.provides.get(name).is_some_and(|interface| interface.read_only);
        let by = consumer.owner.unwrap_or(consumer.id);
        if !writes || !copy || !told.insert((by, provider.id)) {
            continue;
        }
        let followed = topology.providers(provider.id, name).next();
        let instead = followed.map_or("<service>", |id| topology.services[id].name.as_str());
        sink.push(
            Diagnostic::new(
                &RULE,
                binding.origin,
                format!("`{}` writes to `{}`, which can only be read", consumer.name, provider.name),
            )
            .here(format!("the `{name}` of a copy"))
            .label(provider.origin, format!("a `{}`", provider.component.component.value))
            .help(format!("bind it to the one that is copied: `needs: {{ {name}: {instead} }}`")),
        );
    }
}
