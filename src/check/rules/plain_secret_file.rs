//! Secrets in plain files beside the manifest.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0416",
    name: "plain-secret-file",
    level: Level::Warn,
    summary: "a secret is read from a plain file beside the manifest",
    docs: r##"## What
`file:` names a file in the folder of the manifest or below it.

## Why
What lies in the repository is committed sooner or later, and stays in its history for good.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { grafana: { host: a, component: grafana, needs: { prometheus-api: prometheus }, settings: { admin-password: { secret: admin } } }, prometheus: { host: a, component: prometheus } }
secrets: { admin: { file: secrets/admin.txt } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { grafana: { host: a, component: grafana, needs: { prometheus-api: prometheus }, settings: { admin-password: { secret: admin } } }, prometheus: { host: a, component: prometheus } }
secrets: { admin: { sops: secrets.enc.yaml, key: grafana.admin } }
```
"##,
};

/// Reports relative paths that stay inside the folder.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for (name, secret) in &cx.manifest.secrets {
        let Some(file) = &secret.file else { continue };
        if file.starts_with(['/', '~']) || file.split('/').any(|part| part == "..") {
            continue;
        }
        sink.push(
            Diagnostic::new(&RULE, cx.word(secret.span, file), format!("secret `{name}` is a plain file beside the manifest"))
                .here("one `git add` away from everybody")
                .help("encrypt it and use `sops: <file>`, or keep it outside: `file: /run/secrets/<name>`, `env:`, `vault:`"),
        );
    }
}
