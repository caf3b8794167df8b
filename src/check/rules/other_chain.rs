//! URLs of another chain.

use std::collections::BTreeSet;

use crate::catalog::setting::{Setting, SettingType};
use crate::check::Cx;
use crate::check::facts::{settings_where, texts, url_host};
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0429",
    name: "other-chain",
    level: Level::Warn,
    summary: "a URL belongs to another chain",
    docs: r##"## What
The host name of a URL in the settings has the name of a chain that is not the one of this network.

## Why
A relay of another chain never offers a block, and a checkpoint of another chain stops the start. Both are left over from a copied manifest.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: mainnet, environment: testnet }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
```
"##,
};

/// Looks for names of chains among the parts of host names.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let own = cx.topology.chain.id.as_str();
    let others: BTreeSet<&str> = cx.catalog.chain_ids().filter(|id| *id != own).collect();
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        let is_url = |setting: &Setting| matches!(setting.kind, SettingType::Url | SettingType::UrlList);
        for (name, _, value) in settings_where(service, is_url) {
            let Some(written) = cx.written(service, name) else { continue };
            for url in texts(value) {
                let host = url_host(url);
                let parts: BTreeSet<&str> = host.split(['.', '-']).collect();
                let other = others.intersection(&parts).next();
                let Some(other) = other.filter(|_| !parts.contains(own)) else { continue };
                let place = cx.word(written.span, url);
                if told.insert(place) {
                    sink.push(
                        Diagnostic::new(
                            &RULE,
                            place,
                            format!("`{name}` of `{}` belongs to the chain `{other}`", service.name),
                        )
                        .here(format!("`{host}`"))
                        .label(cx.manifest.network.chain.span, "the chain of this network")
                        .help(format!("use the one of `{own}`")),
                    );
                }
            }
        }
    }
}
