//! Needs that prefer the farther provider.

use std::collections::BTreeMap;

use crate::catalog::component::Kind;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::{Binding, ServiceId};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0234",
    name: "far-primary",
    level: Level::Warn,
    summary: "a need prefers a provider in another region to one in its own",
    docs: r##"## What
The first provider of a need stands in another region than the service, and one of its fallbacks stands in the same. Proxies, which use all of their backends, are left out.

## Why
Every call crosses the ocean, and the near provider idles. For a validator the round trip is taken from the time that it has to attest.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
regions: { eu: {}, us: {} }
hosts:
  eu-1: { address: 203.0.113.10, private-address: 10.20.0.10, region: eu }
  us-1: { address: 198.51.100.10, private-address: 10.20.1.10, region: us }
stacks:
  full:
    el: { component: geth }
    bn: { component: lighthouse-beacon, settings: { checkpoint-sync: "https://hoodi.beaconstate.ethstaker.cc" } }
nodes:
  eu-1: { host: eu-1, role: rpc, stack: full }
  us-1: { host: us-1, role: rpc, stack: full }
services:
  vc:
    host: us-1
    component: lighthouse-validator
    needs: { beacon-api: [eu-1/bn, us-1/bn] }
    settings: { fee-recipient: "0x000000000000000000000000000000000000dEaD" }
backup: { to: /mnt/backup, password: { secret: repo } }
secrets: { repo: { env: RESTIC_PASSWORD } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
regions: { eu: {}, us: {} }
hosts:
  eu-1: { address: 203.0.113.10, private-address: 10.20.0.10, region: eu }
  us-1: { address: 198.51.100.10, private-address: 10.20.1.10, region: us }
stacks:
  full:
    el: { component: geth }
    bn: { component: lighthouse-beacon, settings: { checkpoint-sync: "https://hoodi.beaconstate.ethstaker.cc" } }
nodes:
  eu-1: { host: eu-1, role: rpc, stack: full }
  us-1: { host: us-1, role: rpc, stack: full }
services:
  vc:
    host: us-1
    component: lighthouse-validator
    needs: { beacon-api: [us-1/bn, eu-1/bn] }
    settings: { fee-recipient: "0x000000000000000000000000000000000000dEaD" }
backup: { to: /mnt/backup, password: { secret: repo } }
secrets: { repo: { env: RESTIC_PASSWORD } }
```
"##,
};

/// Looks at every need with an order.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let region = |service: ServiceId| topology.hosts[topology.services[service].host].region;
    let mut firsts: BTreeMap<(ServiceId, &str), &Binding> = BTreeMap::new();
    for binding in &topology.bindings {
        let service = &topology.services[binding.consumer];
        let Some(need) = service.component.needs.get(&binding.interface) else { continue };
        let Some(home) = region(binding.consumer) else { continue };
        if !need.many || need.every || service.component.kind == Kind::Proxy {
            continue;
        }
        let key = (binding.consumer, binding.interface.as_str());
        if binding.order == 0 && region(binding.provider).is_some_and(|far| far != home) {
            firsts.insert(key, binding);
        } else if region(binding.provider) == Some(home) && binding.order > 0 {
            // Only the nearest fallback is told.
            let Some(first) = firsts.remove(&key) else { continue };
            let far = topology.region_name(topology.services[first.provider].host);
            sink.push(
                Diagnostic::new(
                    &RULE,
                    first.origin,
                    format!("`{}` prefers a `{}` in another region", service.name, binding.interface),
                )
                .here(format!("stands in `{far}`"))
                .label(
                    binding.origin,
                    format!("stands in `{}`, as it does itself", topology.regions[home].name),
                )
                .help("put the near one first"),
            );
        }
    }
}
