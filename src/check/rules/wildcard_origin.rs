//! Browsers of strangers as a way in.

use std::collections::BTreeSet;

use crate::catalog::setting::Purpose;
use crate::check::Cx;
use crate::check::facts::texts;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0409",
    name: "wildcard-origin",
    level: Level::Warn,
    summary: "every web page may call a public API from the browsers of its visitors",
    docs: r##"## What
A list of browser origins holds `*`, and the interface is open to the internet.

## Why
Any page can then send requests in the name of its visitors, from thousands of addresses, and limits by address do not hold.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth, settings: { http-cors: ["*"] } }
  rpc: { host: a, component: haproxy, expose: { rpc: public }, needs: { eth-rpc: el }, settings: { rate-limit: 100 } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth, settings: { http-cors: ["https://app.demo.dev"] } }
  rpc: { host: a, component: haproxy, expose: { rpc: public }, needs: { eth-rpc: el }, settings: { rate-limit: 100 } }
```
"##,
};

/// Reports wildcards behind a public door.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let doors = cx.doors();
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        for (name, value, origin) in cx.meant(service, Purpose::BrowserOrigins) {
            let opens = service.component.settings.get(name).and_then(|setting| setting.opens.as_ref());
            let door = opens.and_then(|o| o.on.iter().find_map(|on| doors.get(&(service.id, on.as_str()))));
            let Some(door) = door.filter(|_| texts(value).contains(&"*")) else { continue };
            if told.insert(origin) {
                sink.push(
                    Diagnostic::new(&RULE, origin, format!("every web page may call `{}`", service.name))
                        .here("`*` is every page")
                        .label(door.origin, "open to the internet here")
                        .help("name the pages that need it, each as `https://<host>`"),
                );
            }
        }
    }
}
