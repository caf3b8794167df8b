//! Tags that do not say which version.

use std::collections::BTreeSet;

use super::mutable_tag::MOVING;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// Words that name a processor and no version.
pub(super) const ARCHITECTURES: &[(&str, &str)] = &[
    ("amd64", "amd64"),
    ("x86_64", "amd64"),
    ("arm64", "arm64"),
    ("arm64v8", "arm64"),
    ("aarch64", "arm64"),
];

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0305",
    name: "vague-tag",
    level: Level::Warn,
    summary: "a tag that does not say which version",
    docs: r##"## What
A tag has no version (`mainnet`, `alpine`, `latest-amd64`), or only its first number (`v1`, `18-alpine`).

## Why
Such a tag moves with every release, or with every push to a branch. The lock holds the bytes; but the diff of the next `netgen lock` does not show that a version was changed, and which.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
images: { geth: "ethereum/client-go:mainnet" }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
```

```yaml
netgen: 1
network: { name: demo, chain: hoodi }
images: { postgres: "postgres:18-alpine" }
hosts: { a: { address: 203.0.113.10 } }
services: { db: { host: a, component: postgres } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
images: { geth: "ethereum/client-go:v1.17.5", postgres: "postgres:18.3-alpine" }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  db: { host: a, component: postgres }
secrets: { restic: { env: RESTIC_PASSWORD } }
backup: { to: /mnt/backup, password: { secret: restic } }
```
"##,
};

/// Reports each place in the manifest that names such an image.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        let image = &service.image;
        let Some(tag) = image.tag.as_deref().filter(|tag| !MOVING.contains(tag)) else { continue };
        let Some(why) = vague(tag).filter(|_| image.digest.is_none()) else { continue };
        if !service.image_origin.is_somewhere() || !told.insert(service.image_origin) {
            continue;
        }
        let tested = service.component.tag.as_ref().unwrap_or(&service.component.version.tested);
        sink.push(
            Diagnostic::new(
                &RULE,
                service.image_origin,
                format!("the tag of image `{image}` does not say which version"),
            )
            .here(why)
            .help(format!("name a full version; the catalog was tested with `{tested}`")),
        );
    }
}

/// Why a tag is no full version, if so.
fn vague(tag: &str) -> Option<&'static str> {
    let plain = ARCHITECTURES.iter().fold(tag.to_owned(), |tag, (word, _)| tag.replace(word, ""));
    let mut words = plain.split(['-', '_']).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or("");
    let number = first.strip_prefix('v').unwrap_or(first);
    // `v1`, `18`; a date or the number of a build is longer.
    if (1..=3).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit()) {
        return Some("the first number of a version: moves with every release");
    }
    // Digits anywhere else are those of a version, a date, a commit or a pull request.
    (!plain.bytes().any(|b| b.is_ascii_digit())).then_some("a word without a version: moves with every push")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        for tag in ["fibernet", "local", "alpine", "latest-amd64", "v1", "18", "18-alpine", "16-alpine3.20"] {
            assert!(vague(tag).is_some(), "{tag}");
        }
        for tag in ["v1.17.5", "1.2", "18.3-alpine", "v3.6.8-d6c96a5", "v8.2.2-arm64", "release-1.4"] {
            assert!(vague(tag).is_none(), "{tag}");
        }
        for tag in ["20240101", "nightly-20240101", "a1b2c3d", "9f8e7d6c5b", "1234567", "pr-123", "4096"] {
            assert!(vague(tag).is_none(), "{tag}");
        }
    }
}
