//! One digest for two images.

use std::collections::BTreeMap;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::text::Span;
use crate::topology::ImageRef;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0308",
    name: "digest-repeated",
    level: Level::Warn,
    summary: "the lock has one digest for two versions or two programs",
    docs: r##"## What
Two entries of the lock have the same digest, and differ in their tag or in the last part of their repository. The same image under the same tag in two registries is no finding.

## Why
A digest names exactly one image. The line was copied, and only the name above it was changed: the old version still runs, under the name of the new one.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
images: { geth: "ethereum/client-go:v1.17.5" }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
```
```toml file=netgen.lock
version = 1

[image."ethereum/client-go:v1.17.4"]
digest = "sha256:4a61f2f5ae0d2b4b6a2c2b6f3f6e0c6c2d5f3fb1c3a3f9d1d9f0a4b8f0c6e7d1"

[image."ethereum/client-go:v1.17.5"]
digest = "sha256:4a61f2f5ae0d2b4b6a2c2b6f3f6e0c6c2d5f3fb1c3a3f9d1d9f0a4b8f0c6e7d1"

[port.a.el]
p2p = 30303
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
images: { geth: "ethereum/client-go:v1.17.5" }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
```
```toml file=netgen.lock
version = 1

[image."ethereum/client-go:v1.17.5"]
digest = "sha256:4a61f2f5ae0d2b4b6a2c2b6f3f6e0c6c2d5f3fb1c3a3f9d1d9f0a4b8f0c6e7d1"

[port.a.el]
p2p = 30303
```
"##,
};

/// Groups the pins by digest.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut seen: BTreeMap<&str, (&str, Span)> = BTreeMap::new();
    for (reference, pin) in cx.pins {
        let (first, span) = *seen.entry(pin.value.as_str()).or_insert((reference, pin.span));
        if essence(first) == essence(reference) {
            continue;
        }
        sink.push(
            Diagnostic::new(&RULE, pin.span, format!("`{reference}` has the digest of `{first}`"))
                .here("the same")
                .label(span, "names the other image already")
                .help("look both up anew; `netgen lock` takes out what is no longer used"),
        );
    }
}

/// What must be the same for one image: the last part of the repository, and the tag.
fn essence(reference: &str) -> (String, Option<String>) {
    match ImageRef::parse(reference) {
        Ok(image) => (image.name.rsplit('/').next().unwrap_or("").to_owned(), image.tag),
        Err(_) => (reference.to_owned(), None),
    }
}
