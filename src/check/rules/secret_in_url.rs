//! Secrets inside URLs.

use crate::check::Cx;
use crate::check::facts::texts;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::ServiceSpec;
use crate::text::{Span, secret_of_url};

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
    for url in manifest.monitoring.iter().flat_map(|monitoring| monitoring.urls()) {
        urls(url.span, &[url.as_str()], sink);
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
    let Some(why) = texts.iter().find_map(|text| secret_of_url(text)) else { return };
    sink.hide(span);
    sink.push(Diagnostic::new(&RULE, span, "a URL carries a secret").here(why).help(
        "change the secret now; define it under `secrets:` and refer to it, or put a gateway in between",
    ));
}
