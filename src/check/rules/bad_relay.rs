//! Relays that cannot be used.

use std::collections::BTreeSet;

use crate::catalog::setting::Purpose;
use crate::check::Cx;
use crate::check::facts::{is_bls_key, texts};
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0427",
    name: "bad-relay",
    level: Level::Deny,
    summary: "no relay, or one without its public key",
    docs: r##"## What
A list of relays is empty, or a relay is not written as `https://<public key>@<host>` with a key of 96 hex digits.

## Why
Without a key the bids of the relay cannot be checked, and the program refuses to start.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { boost: { host: a, component: mev-boost, settings: { relays: ["https://boost-relay-hoodi.flashbots.net"] } } }
```

No relay at all:

```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { boost: { host: a, component: mev-boost, settings: { relays: [] } } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { boost: { host: a, component: mev-boost, settings: { relays: ["https://0xafa4c6985aa049fb79dd37010438cfebeb0f2bd42b115b89dd678dab0670c1de38da0c4e9138c9290a398ecd9a0b3110@boost-relay-hoodi.flashbots.net"] } } }
```
"##,
};

/// Checks the form of each relay.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        for (name, value, origin) in cx.meant(service, Purpose::Relays) {
            let relays = texts(value);
            if value.is_array() && relays.is_empty() && told.insert(origin) {
                sink.push(
                    Diagnostic::new(&RULE, origin, format!("`{}` asks no relay", service.name))
                        .here("an empty list")
                        .help(format!("name relays that you trust under `{name}`, or take the service out")),
                );
            }
            for relay in relays {
                let user =
                    relay.split_once("://").and_then(|(_, rest)| rest.split_once('@')).map(|(user, _)| user);
                let why = match user {
                    Some(key) if is_bls_key(key) => continue,
                    Some(_) => "what stands before `@` is not `0x` and 96 hex digits",
                    None => "no public key before the host",
                };
                let place = cx.word(origin, relay);
                if told.insert(place) {
                    sink.push(
                        Diagnostic::new(
                            &RULE,
                            place,
                            format!("a relay of `{}` has no valid public key", service.name),
                        )
                        .here(why)
                        .help("copy it as its operator publishes it: `https://<public key>@<host>`"),
                    );
                }
            }
        }
    }
}
