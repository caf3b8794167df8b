//! Relays that stand twice.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::setting::Purpose;
use crate::check::Cx;
use crate::check::facts::{texts, url_host};
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0428",
    name: "duplicate-relay",
    level: Level::Warn,
    summary: "one relay stands twice in a list",
    docs: r##"## What
Two entries of a list of relays have the same public key or the same host.

## Why
It is asked twice for nothing; or the second entry was meant to be another relay and its host was not changed.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { boost: { host: a, component: mev-boost, settings: { relays: ["https://0xafa4c6985aa049fb79dd37010438cfebeb0f2bd42b115b89dd678dab0670c1de38da0c4e9138c9290a398ecd9a0b3110@boost-relay-hoodi.flashbots.net", "https://0xafa4c6985aa049fb79dd37010438cfebeb0f2bd42b115b89dd678dab0670c1de38da0c4e9138c9290a398ecd9a0b3110@boost-relay-hoodi.flashbots.net/"] } } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { boost: { host: a, component: mev-boost, settings: { relays: ["https://0xafa4c6985aa049fb79dd37010438cfebeb0f2bd42b115b89dd678dab0670c1de38da0c4e9138c9290a398ecd9a0b3110@boost-relay-hoodi.flashbots.net", "https://0xaa58208899c6105603b74396734a6263cc7d947f444f396a90f7b7d3e65d102aec7e5e5291b27e08d02c50a050825c2f@hoodi.titanrelay.xyz"] } } }
```
"##,
};

/// Compares keys and hosts.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        for (_, value, origin) in cx.meant(service, Purpose::Relays) {
            if !told.insert(origin) {
                continue;
            }
            let mut seen: BTreeMap<String, &str> = BTreeMap::new();
            for relay in texts(value) {
                let (host, key) = (url_host(relay), key(relay));
                let known = [&host, &key].into_iter().filter(|mark| !mark.is_empty());
                if let Some(first) = known.clone().find_map(|mark| seen.get(mark.as_str()).copied()) {
                    let (place, first) = (cx.last_word(origin, relay), cx.word(origin, first));
                    sink.push(
                        Diagnostic::new(&RULE, place, format!("`{}` asks one relay twice", service.name))
                            .here(format!("`{host}` again"))
                            .label(first, "first here")
                            .help("remove one of the two"),
                    );
                }
                for mark in known {
                    seen.entry(mark.clone()).or_insert(relay);
                }
            }
        }
    }
}

/// The public key of a relay in lower case; empty where it has none.
fn key(relay: &str) -> String {
    let rest = relay.split_once("://").map_or("", |(_, rest)| rest);
    rest.split_once('@').map_or(String::new(), |(key, _)| key.to_ascii_lowercase())
}
