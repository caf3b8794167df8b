//! Disks that the chain does not fit on.

use crate::catalog::setting::Purpose;
use crate::check::Cx;
use crate::check::facts::settings_where;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::quantity::ByteSize;
use crate::topology::{HostId, Service};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0704",
    name: "disk-too-small",
    level: Level::Warn,
    summary: "the services of a host need more disk than it has",
    docs: r##"## What
The sizes that the manifest gives for volumes, that the catalog knows for the data of the services on a main network, and on any network those that settings reserve, add up to more than the disk of the host. Services whose settings keep less history than usual are not counted.

## Why
The sync stops after days at a full disk, and databases that cannot write get damaged.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: mainnet }
hosts: { a: { address: 203.0.113.10, resources: { cpus: 8, memory: 32GiB, disk: 500GiB } } }
services: { el: { host: a, component: geth } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: mainnet }
hosts: { a: { address: 203.0.113.10, resources: { cpus: 8, memory: 32GiB, disk: 4TiB } } }
services: { el: { host: a, component: geth } }
```
"##,
};

/// Adds up what is known of each host.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for host in &cx.topology.hosts {
        let Some((_, _, disk)) = host.resources else { continue };
        let total = total(cx, host.id);
        let sizes = cx.topology.services_on(host.id).map(|service| (size(cx, service), service));
        let mut sizes: Vec<(u64, &Service)> = sizes.filter(|(size, _)| *size > 0).collect();
        if total <= disk.0 {
            continue;
        }
        sizes.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
        let written = cx.manifest.hosts.get(host.name.as_str()).and_then(|h| h.resources.as_ref());
        let place = written.map_or(host.origin, |resources| resources.disk.span);
        let gib = total.div_ceil(1 << 30);
        let mut diagnostic = Diagnostic::new(
            &RULE,
            place,
            format!("the services of host `{}` need about {gib}GiB of its {disk}", host.name),
        )
        .here(format!("has {disk}"));
        for (size, service) in sizes.iter().take(3) {
            diagnostic = diagnostic
                .label(service.origin, format!("`{}` needs about {}", service.name, ByteSize(*size)));
        }
        sink.push(
            diagnostic.help("take a larger disk and leave room to grow, or move a service to another host"),
        );
    }
}

/// What the services of a host take.
pub(super) fn total(cx: &Cx<'_>, host: HostId) -> u64 {
    cx.topology.services_on(host).fold(0, |sum, service| sum.saturating_add(size(cx, service)))
}

/// What a service takes: its volumes today, measured or known for main networks only, and what its settings reserve.
fn size(cx: &Cx<'_>, service: &Service) -> u64 {
    let shortened = settings_where(service, |setting| setting.purpose == Some(Purpose::History))
        .any(|(_, setting, value)| !value.is_null() && setting.default.as_ref() != Some(value));
    let known = service
        .volumes
        .iter()
        .filter(|volume| !volume.lent && (volume.measured || (!shortened && !cx.topology.chain.test)));
    let known = known.filter_map(|volume| volume.size).fold(0_u64, |sum, size| sum.saturating_add(size.0));
    let reserved = cx.meant(service, Purpose::Disk).filter_map(|(_, value, _)| value.as_u64()).max();
    reserved.map_or(known, |reserved| reserved.max(known))
}
