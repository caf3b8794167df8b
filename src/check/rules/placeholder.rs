//! Placeholders left in place.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Environment;
use crate::text::Span;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0403",
    name: "placeholder",
    level: Level::Deny,
    summary: "a value that was meant to be replaced",
    docs: r##"## What
A setting, an address or a receiver still holds a placeholder: `example.com`, `YOUR_...`, `changeme`, `<...>`, `0x0000...`.

## Why
It passes every syntax check, and the network talks to nobody, or pays its fees to nobody. In a `development` network placeholders are let through.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  bn: { host: a, component: lighthouse-beacon, needs: { engine-api: el }, settings: { checkpoint-sync: "https://checkpoint.example.com" } }
  el: { host: a, component: geth }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  bn: { host: a, component: lighthouse-beacon, needs: { engine-api: el }, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
  el: { host: a, component: geth }
```
"##,
};

/// Reports values that nobody meant.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    if cx.topology.environment == Environment::Development {
        return;
    }
    let manifest = cx.manifest;
    for host in manifest.hosts.values() {
        text(host.address.span, &host.address, sink);
    }
    let placed = manifest.services.values().flat_map(|s| s.settings.values());
    let stacked = manifest.stacks.values().flat_map(|s| s.values()).flat_map(|s| s.settings.values());
    let changed = manifest.nodes.values().flat_map(|n| n.services.values()).flat_map(|c| c.settings.values());
    for setting in placed.chain(stacked).chain(changed) {
        match &setting.value {
            serde_json::Value::String(value) => text(setting.span, value, sink),
            serde_json::Value::Array(items) => {
                for item in items.iter().filter_map(|item| item.as_str()) {
                    text(setting.span, item, sink);
                }
            }
            _ => {}
        }
    }
    if let Some(monitoring) = &manifest.monitoring {
        for url in monitoring.urls() {
            text(url.span, url, sink);
        }
        for email in monitoring.receivers.values().filter_map(|receiver| receiver.email.as_ref()) {
            text(email.to.span, &email.to, sink);
            text(email.from.span, &email.from, sink);
            text(email.smarthost.span, &email.smarthost, sink);
        }
    }
    if let Some(backup) = &manifest.backup {
        text(backup.to.span, &backup.to, sink);
    }
}

fn text(span: Span, value: &str, sink: &mut Sink) {
    let Some(why) = placeholder(value) else { return };
    sink.push(
        Diagnostic::new(&RULE, span, "a placeholder was left in place")
            .here(why)
            .help("write the real value; `environment: development` lets placeholders through"),
    );
}

/// What makes a text a placeholder, if it is one.
fn placeholder(value: &str) -> Option<&'static str> {
    let lower = value.to_ascii_lowercase();
    let reserved = ["example.com", "example.org", "example.net", ".invalid", ".example"];
    let host_part = lower.split_once("://").map_or(lower.as_str(), |(_, rest)| rest);
    let host = host_part.split(['/', ':', '?']).next().unwrap_or("").rsplit('@').next().unwrap_or("");
    if reserved
        .iter()
        .any(|name| host == *name || host.ends_with(&format!(".{}", name.trim_start_matches('.'))))
    {
        return Some("a name that is reserved for examples");
    }
    if ["your_", "your-", "changeme", "change-me", "change_me", "replaceme", "todo", "xxxx"]
        .iter()
        .any(|word| lower.starts_with(word) || lower.contains(&format!("/{word}")))
    {
        return Some("says that it wants to be replaced");
    }
    if lower.starts_with('<') && lower.ends_with('>') || lower == "0x..." {
        return Some("says that it wants to be replaced");
    }
    let zero = lower.strip_prefix("0x").is_some_and(|hex| hex.len() >= 20 && hex.bytes().all(|b| b == b'0'));
    zero.then_some("the zero address: whatever is sent there is lost")
}
