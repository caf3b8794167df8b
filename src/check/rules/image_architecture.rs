//! Images for another processor.

use super::vague_tag::ARCHITECTURES;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0311",
    name: "image-architecture",
    level: Level::Deny,
    summary: "an image for another processor than that of the host",
    docs: r##"## What
The tag of an image names a processor architecture, and the host has another one.

## Why
The container ends at once with `exec format error`. Hosts are `amd64` where the manifest does not say otherwise.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
images: { geth: "ethereum/client-go:v1.17.5-arm64" }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
images: { geth: "ethereum/client-go:v1.17.5-arm64" }
hosts: { a: { address: 203.0.113.10, architecture: arm64 } }
services: { el: { host: a, component: geth } }
```
"##,
};

/// Compares the words of each tag with the processor of the host.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for service in cx.topology.services.iter().filter(|service| service.image_origin.is_somewhere()) {
        let host = &cx.topology.hosts[service.host];
        let tag = service.image.tag.as_deref().unwrap_or("");
        let named = ARCHITECTURES.iter().find(|(word, _)| {
            tag == *word || tag.ends_with(&format!("-{word}")) || tag.starts_with(&format!("{word}-"))
        });
        let Some((_, architecture)) =
            named.filter(|(_, architecture)| *architecture != host.architecture.word())
        else {
            continue;
        };
        if !host.runtime.is_container() {
            continue;
        }
        sink.push(
            Diagnostic::new(
                &RULE,
                service.image_origin,
                format!("image `{}` does not run on host `{}`", service.image, host.name),
            )
            .here(format!("for {architecture}"))
            .label(host.origin, format!("this host is {}", host.architecture.word()))
            .help(
                "take the tag without a processor, which serves all; or correct `architecture:` of the host",
            ),
        );
    }
}
