//! One secret for two purposes.

use std::collections::BTreeMap;

use crate::check::Cx;
use crate::diag::list_names;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::SecretId;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0419",
    name: "reused-secret",
    level: Level::Warn,
    summary: "one secret is used for two different purposes",
    docs: r##"## What
The same secret stands in settings that mean different things, or in a setting and in a receiver or backup.

## Why
Who is given the one can do the other: a password of a dashboard must not open a database. It also cannot be changed in one place without the other.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  grafana: { host: a, component: grafana, needs: { prometheus-api: prometheus }, settings: { admin-password: { secret: admin } } }
  prometheus: { host: a, component: prometheus }
  db: { host: a, component: postgres, settings: { password: { secret: admin } } }
secrets: { admin: { env: PASSWORD } }
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

/// Gathers what each secret is for. Ends that must share a secret are one purpose.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let mut purposes: BTreeMap<SecretId, Vec<String>> = BTreeMap::new();
    let mut add = |secret, purpose: &str| {
        let known = purposes.entry(secret).or_default();
        if !known.iter().any(|other| other == purpose) {
            known.push(purpose.to_owned());
        }
    };
    for service in &topology.services {
        for used in &service.secrets {
            let setting = service.component.settings.get(&used.setting);
            let same = setting.and_then(|s| s.same_as.as_ref()).map(|same| same.setting.as_str());
            add(used.secret, same.unwrap_or(&used.setting));
        }
    }
    for used in topology.monitoring.iter().flat_map(|m| m.receiver_secrets.values()) {
        add(used.secret, "receivers");
    }
    if let Some(backup) = &topology.backup {
        add(backup.password.secret, "backup");
        if let Some(credentials) = &backup.credentials {
            add(credentials.secret, "credentials of the backup");
        }
    }
    for (id, purposes) in purposes.iter().filter(|(_, purposes)| purposes.len() > 1) {
        let secret = &topology.secrets[*id];
        let listed = list_names(purposes.iter().map(String::as_str), 4);
        sink.push(
            Diagnostic::new(
                &RULE,
                secret.origin,
                format!("the secret `{}` serves {} purposes", secret.name, purposes.len()),
            )
            .here(format!("used for {listed}"))
            .help("define one secret for each purpose"),
        );
    }
}
