//! Settings that do nothing here.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::check::Cx;
use crate::check::facts::settings_where;
use crate::diag::{Diagnostic, Level, Rule, Sink, codes};
use crate::template::spoken;
use crate::topology::{Service, snake};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0250",
    name: "setting-without-effect",
    level: Level::Warn,
    summary: "a setting is set and has no effect",
    docs: r##"## What
A setting takes effect only under a condition that its component names (another setting is on, a need is bound), and the condition does not hold.

## Why
Somebody believes to have switched something on: blocks of builders without a builder, keys at a signer that is not bound.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
  vc: { host: a, component: lighthouse-validator, settings: { fee-recipient: "0x8943545177806ed17b9f23f0a21ee5948ecaa776", public-keys: ["0xabababababababababababababababababababababababababababababababababababababababababababababababab"] } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
  db: { host: a, component: postgres }
  signer: { host: a, component: web3signer, needs: { sql: db } }
  vc: { host: a, component: lighthouse-validator, settings: { fee-recipient: "0x8943545177806ed17b9f23f0a21ee5948ecaa776", public-keys: ["0xabababababababababababababababababababababababababababababababababababababababababababababababab"] } }
```
"##,
};

/// Evaluates the condition of each written setting.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    if !cx.resolved {
        return;
    }
    for service in &cx.topology.services {
        for (name, setting, value) in settings_where(service, |setting| setting.when.is_some()) {
            let (Some(when), Some(written)) = (&setting.when, cx.written(service, name)) else { continue };
            // What the default says anyway was not meant to change anything.
            if setting.default.as_ref() == Some(&written.value)
                || value.is_null()
                || !told.insert(written.span)
            {
                continue;
            }
            match cx.templates.eval_bool(when, scope(cx, service)) {
                Ok(true) => {}
                Ok(false) => sink.push(
                    Diagnostic::new(
                        &RULE,
                        written.span,
                        format!("`{name}` of `{}` has no effect", service.name),
                    )
                    .here(format!("takes effect only where `{when}`"))
                    .label(service.origin, "it does not hold for this service")
                    .help("make it hold, or leave the setting out"),
                ),
                Err(error) => {
                    let component = &service.component.component;
                    let message =
                        format!("condition of setting `{name}` of `{component}`: {}", error.message);
                    sink.push(Diagnostic::new(&codes::BAD_TEMPLATE, component.span, message));
                }
            }
        }
    }
}

/// What a condition sees: see `when` of a setting.
fn scope(cx: &Cx<'_>, service: &Service) -> Value {
    let bound = |service: &Service, interface: &str| cx.topology.providers(service.id, interface).next();
    let mut needs = Map::new();
    for interface in service.component.needs.keys() {
        let provider = bound(service, interface).map_or(Value::Null, |provider| {
            let provider = &cx.topology.services[provider];
            let theirs = provider.component.needs.keys().filter(|name| bound(provider, name).is_some());
            json!({ "service": provider.name, "bound": theirs.collect::<Vec<_>>() })
        });
        needs.insert(spoken(interface).into_owned(), provider);
    }
    json!({ "settings": snake(&service.settings), "needs": needs })
}
