//! Settings that contradict each other.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::catalog::setting::SettingType;
use crate::check::Cx;
use crate::check::facts::settings;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::quantity::{ByteSize, Duration};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0709",
    name: "setting-order",
    level: Level::Warn,
    summary: "a setting is larger than the one that limits it",
    docs: r##"## What
A component says that one setting is at most another one, and for this service it is not.

## Why
A node that asks for answers of 500 MiB over a connection that lets 100 MiB through never gets one. Each value for itself is valid.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { db: { host: a, component: postgres, settings: { shared-buffers: 1GiB, effective-cache-size: 512MiB } } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { db: { host: a, component: postgres, settings: { shared-buffers: 1GiB, effective-cache-size: 3GiB }, resources: { memory: 4GiB } } }
```
"##,
};

/// Compares the two values of each such pair.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        for (name, setting, value) in settings(service) {
            let Some(other) = &setting.at_most else { continue };
            let Some(limit) = service.settings.get(other.as_str()) else { continue };
            let (Some(has), Some(most)) = (value.as_f64(), limit.as_f64()) else { continue };
            let (own, theirs) = (cx.written(service, name), cx.written(service, other));
            let place = own.or(theirs).map_or(service.origin, |written| written.span);
            if has <= most || !told.insert((place, name)) {
                continue;
            }
            let mut diagnostic = Diagnostic::new(
                &RULE,
                place,
                format!("`{name}` of `{}` is larger than `{other}`", service.name),
            )
            .here(format!("`{name}` is {}", shown(setting.kind, value)));
            let limits = format!("`{other}` is {}", shown(setting.kind, limit));
            diagnostic = diagnostic
                .label(theirs.filter(|t| t.span != place).map_or(service.origin, |t| t.span), limits);
            sink.push(diagnostic.help(format!("raise `{other}` or lower `{name}`")));
        }
    }
}

fn shown(kind: SettingType, value: &Value) -> String {
    match (kind, value.as_u64()) {
        (SettingType::Size, Some(bytes)) => ByteSize(bytes).to_string(),
        (SettingType::Duration, Some(seconds)) => Duration(seconds).to_string(),
        _ => value.to_string(),
    }
}
