//! Images that belong to another component.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::ImageRef;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0309",
    name: "image-of-another",
    level: Level::Deny,
    summary: "a component gets the image of another one",
    docs: r##"## What
An image is given for a component, and it is the repository that the catalog has for another component of this network.

## Why
Two lines were mixed up. The program would be started with the flags of another one.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
images: { reth: "ethereum/client-go:v1.17.5" }
hosts: { a: { address: 203.0.113.10 } }
services:
  one: { host: a, component: reth }
  two: { host: a, component: geth, ports: { p2p: 30304 } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
images: { geth: "ethereum/client-go:v1.17.5" }
hosts: { a: { address: 203.0.113.10 } }
services:
  one: { host: a, component: reth }
  two: { host: a, component: geth, ports: { p2p: 30304 } }
```
"##,
};

/// Compares images of the manifest with those that the catalog has for what is in use.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut owners: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for service in &cx.topology.services {
        if let Some(image) = &service.component.image {
            owners.entry(qualified(image)).or_default().insert(&service.component.component);
        }
    }
    let mut told = BTreeSet::new();
    for service in cx.topology.services.iter().filter(|service| service.image_origin.is_somewhere()) {
        let component = &service.component;
        let Some(owners) = owners.get(&service.image.qualified_name()) else { continue };
        let own = component.image.as_deref().map(qualified);
        if owners.contains(component.component.as_str())
            || own.is_none()
            || !told.insert(service.image_origin)
        {
            continue;
        }
        let whose = crate::diag::list_names(owners.iter().copied(), 3);
        sink.push(
            Diagnostic::new(
                &RULE,
                service.image_origin,
                format!("component `{}` gets the image of {whose}", component.component),
            )
            .here(format!("an image of {whose}"))
            .label(service.origin, format!("would run it as `{}`", component.component))
            .help(format!("the catalog has `{}` for it", component.image.as_deref().unwrap_or_default())),
        );
    }
}

fn qualified(name: &str) -> String {
    ImageRef { name: name.to_owned(), tag: None, digest: None }.qualified_name()
}
