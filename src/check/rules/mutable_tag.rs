//! Images whose tag says nothing.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0304",
    name: "mutable-tag",
    level: Level::Deny,
    summary: "an image without a fixed tag",
    docs: r##"## What
An image has no tag, or a tag that is made to move: `latest`, `stable`, `edge`, `main`, `master`, `nightly`, `dev`.

## Why
The lock pins the bytes, but nobody can read from the manifest which version runs, and `netgen lock --update` would change it without a line in the diff.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
images: { geth: ethereum/client-go:latest }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
images: { geth: "ethereum/client-go:v1.16.9" }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
```
"##,
};

/// Tags that move by their very meaning.
pub(super) const MOVING: &[&str] =
    &["latest", "stable", "edge", "main", "master", "nightly", "dev", "develop", "unstable"];

/// Reports each place in the manifest that names such an image.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        let image = &service.image;
        if image.name.is_empty() || image.digest.is_some() || !told.insert(service.image_origin) {
            continue;
        }
        let (message, here) = match image.tag.as_deref() {
            None => (format!("image `{image}` has no tag"), "which version?"),
            Some(tag) if MOVING.contains(&tag) => {
                (format!("the tag of image `{image}` is made to move"), "says nothing about the version")
            }
            Some(_) => continue,
        };
        let tested = &service.component.version.tested;
        sink.push(
            Diagnostic::new(&RULE, service.image_origin, message)
                .here(here)
                .help(format!("name a version; the catalog was tested with `{tested}`")),
        );
    }
}
