//! Two digests for one image.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0307",
    name: "digest-disagrees",
    level: Level::Deny,
    summary: "manifest and lock pin an image to different digests",
    docs: r##"## What
An image has a digest in the manifest, and the lock has another one for the same tag.

## Why
One of the two was reviewed, and the other one would run.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
images: { geth: "ethereum/client-go:v1.17.5@sha256:0d2b4b6a2c2b6f3f6e0c6c2d5f3fb1c3a3f9d1d9f0a4b8f0c6e7d14a61f2f5ae" }
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

/// Compares digests of the manifest with those of the lock.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for service in &cx.topology.services {
        let Some(digest) = &service.image.digest else { continue };
        let Some(pin) = cx.pins.get(&service.image.unpinned()).filter(|pin| pin.value != *digest) else {
            continue;
        };
        sink.push_once(
            Diagnostic::new(
                &RULE,
                service.image_origin,
                format!("the lock has another digest for `{}`", service.image.unpinned()),
            )
            .here("this one would run")
            .label(pin.span, "this one is locked")
            .help("leave the digest to the lock, or take the entry out of it with `netgen lock`"),
        );
    }
}
