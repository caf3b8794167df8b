//! Images that only one machine has.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Environment;
use crate::topology::ImageRef;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0306",
    name: "local-image",
    level: Level::Deny,
    summary: "an image that exists on one machine only",
    docs: r##"## What
An image comes from `localhost`, or its tag is `local`. A `development` network is let through.

## Why
Each host would ask itself for the image. It was built on your machine, and a pull can never find it.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
images: { geth: "localhost:5000/client-go:v1.17.5" }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
images: { geth: "registry.demo-chain.org/client-go:v1.17.5" }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
```
"##,
};

/// Reports each place in the manifest that names such an image.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    if cx.topology.environment == Environment::Development {
        return;
    }
    let mut told = BTreeSet::new();
    for service in cx.topology.services.iter().filter(|service| service.image_origin.is_somewhere()) {
        let image = &service.image;
        let Some(why) = local(image).filter(|_| told.insert(service.image_origin)) else { continue };
        sink.push(
            Diagnostic::new(&RULE, service.image_origin, format!("no host can pull image `{image}`"))
                .here(why)
                .help("push it to a registry that the hosts reach, and name it with that registry"),
        );
    }
}

fn local(image: &ImageRef) -> Option<&'static str> {
    let registry = image.name.split_once('/').map_or("", |(registry, _)| registry);
    let name = registry.split(':').next().unwrap_or("");
    if name == "localhost" || name.starts_with("127.") {
        return Some("to each host, `localhost` is itself");
    }
    (image.tag.as_deref() == Some("local")).then_some("built on one machine, by its tag")
}
