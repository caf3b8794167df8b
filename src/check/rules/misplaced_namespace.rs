//! Parts of an API on a port that they do not belong to.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::check::facts::{settings, texts};
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0408",
    name: "misplaced-namespace",
    level: Level::Deny,
    summary: "a part of an API stands on a port that it does not belong to",
    docs: r##"## What
A list of API parts names one that has a port with its own authentication, such as `engine`.

## Why
The engine API decides which block is the head of the chain. On the shared port it would be open without the JWT; clients that know better leave it out and the list says something that is not so.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, settings: { http-api: [eth, net, engine] } } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, settings: { http-api: [eth, net] } } }
```
"##,
};

/// Reports each such word where it stands.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        for (name, setting, value) in settings(service) {
            let Some(opens) = &setting.opens else { continue };
            for word in texts(value).into_iter().filter(|word| opens.never.iter().any(|never| never == word))
            {
                let written = cx.written(service, name).map_or(service.origin, |written| written.span);
                let place = cx.word(written, word);
                if !told.insert(place) {
                    continue;
                }
                let shared = opens.on.first().map_or("this port", String::as_str);
                sink.push(
                    Diagnostic::new(
                        &RULE,
                        place,
                        format!("`{word}` does not belong on `{shared}` of `{}`", service.name),
                    )
                    .here("has a port with authentication of its own")
                    .help(format!("take `{word}` out of `{name}`")),
                );
            }
        }
    }
}
