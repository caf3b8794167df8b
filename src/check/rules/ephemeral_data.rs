//! State in a folder that is emptied.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::check::facts::is_ephemeral;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0456",
    name: "ephemeral-data",
    level: Level::Deny,
    summary: "services keep their state where a restart of the host wipes it out",
    docs: r##"## What
The data folder of a host lies below `/tmp`, `/run` or `/dev`.

## Why
After a restart of the host the chain must be synced again, and a slashing-protection database is gone: its keys must stay silent or risk being slashed.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, data-dir: /tmp/netgen } }
services: { el: { host: a, component: geth } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, data-dir: /srv/netgen } }
services: { el: { host: a, component: geth } }
```
"##,
};

/// Looks at hosts with services that keep anything. One person's machine may do as it likes.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    if cx.in_development() {
        return;
    }
    for host in cx.topology.hosts.iter().filter(|host| is_ephemeral(&host.data_dir)) {
        let mut keepers = cx.topology.services_on(host.id).filter(|s| s.volumes.iter().any(|v| !v.lent));
        let Some(keeper) = keepers.next() else { continue };
        let own = cx.manifest.hosts.get(host.name.as_str()).and_then(|host| host.data_dir.as_ref());
        let written = own.or(cx.manifest.defaults.data_dir.as_ref());
        let place = written.map_or(host.origin, |written| written.span);
        if told.insert(place) {
            sink.push(
                Diagnostic::new(
                    &RULE,
                    place,
                    format!("nothing in `{}` outlives a restart of host `{}`", host.data_dir, host.name),
                )
                .here("emptied at each start")
                .label(keeper.origin, format!("`{}` keeps its state there", keeper.name))
                .help("use a disk: `/var/lib/netgen`, or the mount point of a data disk"),
            );
        }
    }
}
