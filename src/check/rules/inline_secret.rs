//! Secrets written into the manifest.

use crate::check::Cx;
use crate::check::facts::texts;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::ServiceSpec;
use crate::text::{Span, has_password, names_a_secret};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0402",
    name: "inline-secret",
    level: Level::Deny,
    summary: "a secret value stands in the manifest",
    docs: r##"## What
An environment variable whose name says that it is a secret has a value, or a URL carries a password.

## Why
Manifests are committed, reviewed, copied. A value that stood in one must be taken as known to everybody. The value is never repeated in the message.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth, environment: { API_TOKEN: aiNg8phaiw8u } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth, environment: { GOGC: "80" } }
```
"##,
};

/// Reports values that must not stand in a manifest.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for placed in cx.manifest.services.values() {
        service(&placed.spec(), sink);
    }
    for spec in cx.manifest.stacks.values().flat_map(|stack| stack.values()) {
        service(spec, sink);
    }
    for node in cx.manifest.nodes.values() {
        for setting in node.services.values().flat_map(|change| change.settings.values()) {
            value(setting.span, &setting.value, sink);
        }
    }
    let urls = cx.manifest.monitoring.iter().flat_map(|monitoring| monitoring.urls());
    for url in urls.filter(|url| has_password(url)) {
        report(url.span, "the URL carries a password", sink);
    }
}

fn service(spec: &ServiceSpec, sink: &mut Sink) {
    for (name, text) in &spec.environment {
        // An empty value is none.
        if names_a_secret(name) && !text.is_empty() {
            report(text.span, &format!("`{name}` looks like a secret"), sink);
        } else if has_password(text) {
            report(text.span, "the URL carries a password", sink);
        }
    }
    for setting in spec.settings.values() {
        value(setting.span, &setting.value, sink);
    }
}

fn value(span: Span, value: &serde_json::Value, sink: &mut Sink) {
    if texts(value).into_iter().any(has_password) {
        report(span, "the URL carries a password", sink);
    }
}

fn report(span: Span, here: &str, sink: &mut Sink) {
    sink.hide(span);
    sink.push(
        Diagnostic::new(&RULE, span, "a secret stands in the manifest")
            .here(here)
            .help("change the secret now, define the new one under `secrets:` and refer to it"),
    );
}
