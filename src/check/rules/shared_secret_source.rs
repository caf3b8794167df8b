//! One value under two names.

use std::collections::BTreeMap;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Secret;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0418",
    name: "shared-secret-source",
    level: Level::Warn,
    summary: "two secrets come from the same place",
    docs: r##"## What
Two entries under `secrets:` name the same environment variable, file, sops key or Vault field.

## Why
Most often the second was copied and not changed. Two programs then share a password that was meant to be two.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  grafana: { host: a, component: grafana, needs: { prometheus-api: prometheus }, settings: { admin-password: { secret: admin } } }
  prometheus: { host: a, component: prometheus }
  db: { host: a, component: postgres, settings: { password: { secret: db } } }
secrets: { admin: { env: PASSWORD }, db: { env: PASSWORD } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  grafana: { host: a, component: grafana, needs: { prometheus-api: prometheus }, settings: { admin-password: { secret: admin } } }
  prometheus: { host: a, component: prometheus }
  db: { host: a, component: postgres, settings: { password: { secret: db } } }
secrets: { admin: { env: GRAFANA_PASSWORD }, db: { env: DB_PASSWORD } }
```
"##,
};

/// Reports the second secret of each source.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut seen = BTreeMap::new();
    for (name, secret) in &cx.manifest.secrets {
        let Some(source) = source(name, secret) else { continue };
        match seen.get(&source) {
            None => {
                seen.insert(source, (name, secret.span));
            }
            Some((first, span)) => sink.push(
                Diagnostic::new(
                    &RULE,
                    secret.span,
                    format!("`{name}` and `{first}` are one secret under two names"),
                )
                .here("the same source")
                .label(*span, "used here first")
                .help("give each its own value, or keep one of the two names"),
            ),
        }
    }
}

/// What tells sources apart; generated secrets are never the same.
fn source<'a>(name: &'a str, secret: &'a Secret) -> Option<[&'a str; 3]> {
    if let Some(env) = &secret.env {
        return Some(["env", env, ""]);
    }
    if let Some(file) = &secret.file {
        return Some(["file", file, ""]);
    }
    if let Some(sops) = &secret.sops {
        return Some(["sops", sops, secret.key.as_deref().unwrap_or(name)]);
    }
    if let Some(vault) = &secret.vault {
        return Some(["vault", vault, secret.field.as_deref().unwrap_or("value")]);
    }
    secret.host_file.as_ref().map(|file| ["host-file", file.as_str(), ""])
}
