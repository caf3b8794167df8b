//! Secrets inside URLs.

use crate::check::Cx;
use crate::check::facts::{texts, url_host};
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::ServiceSpec;
use crate::text::Span;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0414",
    name: "secret-in-url",
    level: Level::Deny,
    summary: "a URL in the manifest carries a secret",
    docs: r##"## What
A URL has a token in its query (`?apikey=...`) or is itself the secret, as the webhooks of Slack and Discord and the endpoints of hosted nodes are.

## Why
The URL is all that somebody needs. It ends in the manifest, in the bundle, in process lists and logs. The value is never repeated in the message.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
monitoring:
  host: a
  receivers: { team: { webhook: { url: "https://hooks.slack.com/services/T0/B0/abcdefghijkl" } } }
  routes: [{ to: team }]
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
secrets: { slack: { env: SLACK_WEBHOOK_URL } }
monitoring:
  host: a
  receivers: { team: { slack: { secret: slack, channel: "#nodes" } } }
  routes: [{ to: team }]
```
"##,
};

/// Words before `=` in a query that say that a secret follows.
const KEYS: &[&str] = &[
    "token",
    "access_token",
    "auth_token",
    "api_token",
    "key",
    "apikey",
    "api_key",
    "api-key",
    "secret",
    "password",
    "auth",
    "sig",
    "signature",
];

/// Hosts whose URLs are secrets: (end of the host, begin of the path).
const WHOLE: &[(&str, &str)] = &[
    ("hooks.slack.com", "/services/"),
    ("discord.com", "/api/webhooks/"),
    ("discordapp.com", "/api/webhooks/"),
    ("webhook.office.com", "/webhookb2/"),
    ("api.telegram.org", "/bot"),
    ("infura.io", "/v3/"),
    ("alchemy.com", "/v2/"),
];

/// Looks at every URL that is written in the manifest.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let manifest = cx.manifest;
    for placed in manifest.services.values() {
        service(&placed.spec(), sink);
    }
    for spec in manifest.stacks.values().flat_map(|stack| stack.values()) {
        service(spec, sink);
    }
    for setting in manifest.nodes.values().flat_map(|n| n.services.values()).flat_map(|c| c.settings.values())
    {
        urls(setting.span, &texts(&setting.value), sink);
    }
    if let Some(monitoring) = &manifest.monitoring {
        for webhook in monitoring.receivers.values().filter_map(|receiver| receiver.webhook.as_ref()) {
            urls(webhook.url.span, &[webhook.url.as_str()], sink);
        }
        if let Some(url) = &monitoring.runbook_url {
            urls(url.span, &[url.as_str()], sink);
        }
    }
    if let Some(backup) = &manifest.backup {
        urls(backup.to.span, &[backup.to.as_str()], sink);
    }
}

fn service(spec: &ServiceSpec, sink: &mut Sink) {
    for setting in spec.settings.values() {
        urls(setting.span, &texts(&setting.value), sink);
    }
    for variable in spec.environment.values() {
        urls(variable.span, &[variable.as_str()], sink);
    }
}

fn urls(span: Span, texts: &[&str], sink: &mut Sink) {
    let Some(why) = texts.iter().find_map(|text| secret(text)) else { return };
    sink.hide(span);
    sink.push(Diagnostic::new(&RULE, span, "a URL carries a secret").here(why).help(
        "change the secret now; define it under `secrets:` and refer to it, or put a gateway in between",
    ));
}

/// What is secret about a URL, if anything.
fn secret(url: &str) -> Option<&'static str> {
    let (_, rest) = url.split_once("://")?;
    let host = url_host(url);
    let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("");
    let whole = WHOLE.iter().any(|(end, begin)| {
        let named = host == *end || host.strip_suffix(end).is_some_and(|before| before.ends_with('.'));
        named && path.strip_prefix(begin).is_some_and(|rest| rest.len() >= 8)
    });
    if whole {
        return Some("whoever has this URL can use it");
    }
    let query = rest.split_once('?').map_or("", |(_, query)| query.split('#').next().unwrap_or(""));
    let keyed = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .any(|(key, value)| KEYS.contains(&key.to_ascii_lowercase().as_str()) && value.len() >= 8);
    keyed.then_some("its query holds a secret")
}
