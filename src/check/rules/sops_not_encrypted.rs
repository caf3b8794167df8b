//! Files that sops never saw.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0417",
    name: "sops-not-encrypted",
    level: Level::Deny,
    summary: "a file that should be encrypted with sops is not",
    docs: r##"## What
`sops:` names a file that exists and has none of the marks that sops leaves in what it encrypts.

## Why
The secrets stand there in plain text, and the deploy fails when it tries to decrypt them. Only whether the marks are there is looked at; no value is kept.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
# secrets.yaml, beside the manifest, holds `admin: ...` in plain text: this page has no second file, so
# the manifest names itself, which is no sops file either.
services: { grafana: { host: a, component: grafana, needs: { prometheus-api: prometheus }, settings: { admin-password: { secret: admin } } }, prometheus: { host: a, component: prometheus } }
secrets: { admin: { sops: network.yaml } }
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

/// How a file begins a line that only sops writes: YAML, JSON, dotenv, INI.
const MARKS: &[&str] = &["sops:", "\"sops\":", "sops_version=", "[sops]"];

/// Reads each named file once it is there; a file that is missing is the deploy's business.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for (name, secret) in &cx.manifest.secrets {
        let Some(file) = &secret.sops else { continue };
        let path = match cx.folder {
            folder if folder.is_empty() || file.starts_with('/') => file.clone(),
            folder => format!("{}/{file}", folder.trim_end_matches('/')),
        };
        let Ok(bytes) = cx.world.read(&path) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        // JSON may stand on one line.
        let marked = text.lines().any(|line| MARKS.iter().any(|mark| line.trim_start().starts_with(mark)))
            || text.contains("\"sops\"");
        if !marked {
            sink.push(
                Diagnostic::new(&RULE, cx.word(secret.span, file), format!("`{file}` is not encrypted"))
                    .here(format!("secret `{name}` comes from it"))
                    .help(format!("run `sops encrypt --in-place {file}`; if it was ever committed, change the secrets in it")),
            );
        }
    }
}
