//! More series than one server can hold.

use crate::analyze::series::{Load, MEMORY_OF_A_SERIES, load};
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::Service;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0847",
    name: "metrics-outgrow-server",
    level: Level::Warn,
    summary: "a Prometheus gets more series than its memory or disk can hold",
    docs: r##"## What
The series of all targets of one Prometheus, counted from the `series` of their components (5000 for each target of a component that does not say), are more than 2 million, or need more memory than its limit or than half of its host (8 KiB for each series), or their samples of the whole retention need more than the disk of its host (2 bytes for each sample).

## Why
Prometheus is killed when its memory runs out, reads its log for minutes, and is killed again: nothing watches the network any more, most likely in the moment of an incident, when everybody asks it for data.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, resources: { cpus: 4, memory: 8GiB, disk: 20GiB } } }
services: { el: { host: a, component: geth, resources: { memory: 2GiB }, settings: { cache: 1GiB } } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
  retention: 365d
  scrape-interval: 5s
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, resources: { cpus: 8, memory: 32GiB, disk: 2TiB } } }
services: { el: { host: a, component: geth } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
  retention: 30d
```
"##,
};

/// More active series than this in one server make queries and restarts slow.
const MOST_SERIES: u64 = 2_000_000;

/// Adds up what each collector has to hold.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for collector in cx.topology.collectors().filter(|_| cx.resolved) {
        let Some(load) = load(cx.topology, collector) else { continue };
        let Some(why) = outgrown(cx, collector, load) else { continue };
        let message = format!("`{}` gets {} series of {} targets", collector.name, load.series, load.targets);
        let host = &cx.topology.hosts[collector.host];
        let found = Diagnostic::new(&RULE, collector.origin, message)
            .here(why)
            .label(host.origin, "runs here")
            .help("scrape less often, keep metrics for less time, or give it more");
        sink.push(if cx.topology.shards().is_empty() {
            found.help("share the targets out: `shards: { hosts: [<host>, <host>] }`, or `regions:`")
        } else {
            found.help("add a shard")
        });
    }
}

fn outgrown(cx: &Cx<'_>, collector: &Service, load: Load) -> Option<String> {
    const GIB: u64 = 1 << 30;
    let gib = |bytes: u64| format!("{} GiB", bytes.div_ceil(GIB));
    if load.series > MOST_SERIES {
        return Some(format!("more than {MOST_SERIES} are too many for one server"));
    }
    let has = cx.topology.hosts[collector.host].resources;
    let half = has.map(|(_, memory, _)| memory.0 / 2);
    let most = collector.memory.map(|memory| memory.0).into_iter().chain(half).min();
    if let Some(most) = most.filter(|most| load.memory > *most) {
        let each = MEMORY_OF_A_SERIES >> 10;
        return Some(format!("{} of memory at {each} KiB each, more than {}", gib(load.memory), gib(most)));
    }
    let disk = has.map(|(_, _, disk)| disk.0).filter(|disk| load.disk > *disk)?;
    Some(format!("{} of samples, more than the disk of {}", gib(load.disk), gib(disk)))
}
