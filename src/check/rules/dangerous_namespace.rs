//! Admin and debug parts of an API in reach of strangers.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::check::facts::{settings, texts};
use crate::diag::list_names;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0407",
    name: "dangerous-namespace",
    level: Level::Deny,
    summary: "a dangerous part of an API is open to strangers",
    docs: r##"## What
A part of an API by which a stranger can stop, overload or take over the program (`admin`, `debug`, `personal`) is offered on an interface that the internet reaches, directly or through a proxy.

## Why
One `debug_traceBlock` after another keeps a node busy for minutes, and `admin_addPeer` changes whom it listens to. Bots look for open ports all day.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth, settings: { http-api: [eth, net, debug] } }
  rpc: { host: a, component: haproxy, expose: { rpc: public }, needs: { eth-rpc: el }, settings: { rate-limit: 100 } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth, settings: { http-api: [eth, net, web3] } }
  rpc: { host: a, component: haproxy, expose: { rpc: public }, needs: { eth-rpc: el }, settings: { rate-limit: 100 } }
```
"##,
};

/// Follows each dangerous part to the door that opens it.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let doors = cx.doors();
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        for (name, setting, value) in settings(service) {
            let Some(opens) = &setting.opens else { continue };
            let dangerous: Vec<&str> =
                texts(value).into_iter().filter(|word| opens.dangerous.iter().any(|d| d == word)).collect();
            let door = opens.on.iter().find_map(|on| Some((on, doors.get(&(service.id, on.as_str()))?)));
            let (Some(first), Some((interface, door))) = (dangerous.first(), door) else { continue };
            let written = cx.written(service, name).map_or(service.origin, |written| written.span);
            if !told.insert(written) {
                continue;
            }
            let through = &cx.topology.services[door.service].name;
            sink.push(
                Diagnostic::new(
                    &RULE,
                    cx.word(written, first),
                    format!(
                        "{} of `{}` is open to strangers",
                        list_names(dangerous.iter().copied(), 4),
                        service.name
                    ),
                )
                .here(format!("offered on `{interface}`"))
                .label(door.origin, format!("the internet comes in here, through `{through}`"))
                .help(format!(
                    "take it out of `{name}`, or serve it from a node that strangers do not reach"
                )),
            );
        }
    }
}
