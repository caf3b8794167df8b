//! Disks that are full within weeks.

use crate::analyze::capacity::{disk, is_upper_bound};
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0710",
    name: "disk-fills-soon",
    level: Level::Warn,
    summary: "a disk is full within 60 days",
    docs: r##"## What
What the volumes of a host take today, the most that logs take, and the growth that is known (of the manifest under `disk:`, else of the catalog) exceed its disk within 60 days.

## Why
A disk that is full stops the sync, and databases that cannot write get damaged. A larger machine, or a resync onto it, takes days; it is begun before the alert.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, resources: { cpus: 8, memory: 32GiB, disk: 500GiB } } }
services: { el: { host: a, component: geth, disk: { data: { size: 420GiB, growth: 14GiB/week } } } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, resources: { cpus: 8, memory: 32GiB, disk: 2TiB } } }
services: { el: { host: a, component: geth, disk: { data: { size: 420GiB, growth: 14GiB/week } } } }
```
"##,
};

/// Days that it takes to get a larger disk and sync onto it, with some to spare.
const SOON: u128 = 60;

/// Counts the days of each host.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for host in &cx.topology.hosts {
        // Of a test network the catalog knows no sizes: those of main networks would be false alarms.
        if is_upper_bound(cx.topology, host) {
            continue;
        }
        let disk = disk(cx.topology, host);
        // One that is full today is another matter.
        let Some(day) = disk.full_on_day.filter(|day| (1..=SOON).contains(day)) else { continue };
        let written = cx.manifest.hosts.get(host.name.as_str()).and_then(|h| h.resources.as_ref());
        let has = written.map_or_else(String::new, |resources| resources.disk.value.to_string());
        let mut found = Diagnostic::new(
            &RULE,
            written.map_or(host.origin, |resources| resources.disk.span),
            format!("the disk of host `{}` is full in {day} days", host.name),
        )
        .here(format!("has {has}"));
        let growing = disk.largest.iter().filter_map(|volume| Some((volume, volume.growth.as_ref()?)));
        for (volume, growth) in growing.take(3) {
            let service = cx.topology.services_on(host.id).find(|service| service.name == volume.service);
            let Some(service) = service else { continue };
            found = found.label(
                service.origin,
                format!("`{}` of `{}` grows by {growth}", volume.volume, service.name),
            );
        }
        sink.push(found.help("take a larger disk, keep less history, or move a service to another host"));
    }
}
