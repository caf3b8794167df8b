//! Targets that no shard scrapes.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::check::facts::METRICS;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0848",
    name: "region-without-shard",
    level: Level::Deny,
    summary: "targets are in a region that no shard scrapes",
    docs: r##"## What
`monitoring.shards` gives shards to some regions, and services that export metrics run on a host of another region, or of none.

## Why
Nobody scrapes them: their alerts never fire, and no list of failed targets names them.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
regions: { eu: {}, us: {} }
hosts:
  a: { address: 203.0.113.10, region: eu }
  b: { address: 198.51.100.10, region: us }
services: { el: { host: b, component: geth } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  shards: { regions: { eu: a } }
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
regions: { eu: {}, us: {} }
hosts:
  a: { address: 203.0.113.10, region: eu }
  b: { address: 198.51.100.10, region: us }
services: { el: { host: b, component: geth } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  shards: { regions: { eu: a, us: b } }
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
```
"##,
};

/// One finding a region.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let shards = cx.topology.shards();
    let Some(first) = shards.iter().find(|shard| shard.region.is_some()).filter(|_| cx.resolved) else {
        return;
    };
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        let host = &cx.topology.hosts[service.host];
        let covered = host.region.is_some() && shards.iter().any(|shard| shard.region == host.region);
        if covered || service.collects() || service.listener(METRICS).is_none() || !told.insert(host.region) {
            continue;
        }
        let (place, help) = match host.region {
            Some(region) => {
                let name = &cx.topology.regions[region].name;
                (format!("in the region `{name}`"), format!("add a shard: `regions: {{ {name}: <host> }}`"))
            }
            None => ("in no region".to_owned(), format!("give the host `{}` a region", host.name)),
        };
        sink.push(
            Diagnostic::new(&RULE, first.origin, format!("no shard scrapes `{}`", service.name))
                .here("the regions with shards")
                .label(host.origin, format!("it runs here, {place}"))
                .help(help),
        );
    }
}
