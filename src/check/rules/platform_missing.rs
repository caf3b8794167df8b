//! Images that do not exist for the processor of a host.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink, list_names};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0312",
    name: "platform-missing",
    level: Level::Deny,
    summary: "an image that does not exist for the processor of its host",
    docs: r##"## What
The lock says for which platforms an image exists, and that of the host is not among them.

## Why
The engine pulls nothing: `no matching manifest for linux/arm64`. On an engine with emulation it starts, many times slower.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
images: { geth: "ethereum/client-go:v1.17.5" }
hosts: { a: { address: 203.0.113.10, architecture: arm64 } }
services: { el: { host: a, component: geth } }
```
```toml file=netgen.lock
version = 1

[image."ethereum/client-go:v1.17.5"]
digest = "sha256:4a61f2f5ae0d2b4b6a2c2b6f3f6e0c6c2d5f3fb1c3a3f9d1d9f0a4b8f0c6e7d1"
platforms."linux/amd64" = "sha256:0d2b4b6a2c2b6f3f6e0c6c2d5f3fb1c3a3f9d1d9f0a4b8f0c6e7d14a61f2f5ae"

[port.a.el]
p2p = 30303
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
images: { geth: "ethereum/client-go:v1.17.5" }
hosts: { a: { address: 203.0.113.10, architecture: arm64 } }
services: { el: { host: a, component: geth } }
```
```toml file=netgen.lock
version = 1

[image."ethereum/client-go:v1.17.5"]
digest = "sha256:4a61f2f5ae0d2b4b6a2c2b6f3f6e0c6c2d5f3fb1c3a3f9d1d9f0a4b8f0c6e7d1"
platforms."linux/amd64" = "sha256:0d2b4b6a2c2b6f3f6e0c6c2d5f3fb1c3a3f9d1d9f0a4b8f0c6e7d14a61f2f5ae"
platforms."linux/arm64" = "sha256:f6e0c6c2d5f3fb1c3a3f9d1d9f0a4b8f0c6e7d14a61f2f5ae0d2b4b6a2c2b6f3"

[port.a.el]
p2p = 30303
```
"##,
};

/// Looks for the processor of each host among the platforms of what runs there.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for service in &cx.topology.services {
        let host = &cx.topology.hosts[service.host];
        // What has its digest in the manifest is not that of the lock.
        if !host.runtime.is_container() || service.image.digest.is_some() {
            continue;
        }
        let reference = service.image.unpinned();
        let Some(platforms) = cx.platforms.get(&reference) else { continue };
        let wanted = format!("linux/{}", host.architecture.word());
        let fits = |platform: &String| {
            platform.strip_prefix(&wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if platforms.iter().any(fits) {
            continue;
        }
        let place = if service.image_origin.is_somewhere() { service.image_origin } else { service.origin };
        let there = match platforms.as_slice() {
            [] => "it exists for no platform of Linux".to_owned(),
            some => format!("it exists for {}", list_names(some.iter().map(String::as_str), 8)),
        };
        let mut diagnostic = Diagnostic::new(
            &RULE,
            place,
            format!("image `{reference}` does not exist for {wanted}, which host `{}` needs", host.name),
        )
        .here(there)
        .label(host.origin, format!("this host is {}", host.architecture.word()));
        if let Some(pin) = cx.pins.get(&reference) {
            diagnostic = diagnostic.label(pin.span, "pinned here");
        }
        sink.push_once(
            diagnostic
                .help("take an image or a tag that exists for it, move the service, or correct `architecture:` of the host")
                .help(format!("if it has been published since: `netgen lock --update={reference}`")),
        );
    }
}
