//! Definitions that nothing uses.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::text::Spanned;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0214",
    name: "unused-definition",
    level: Level::Warn,
    summary: "something is defined and never used",
    docs: r##"## What
A secret, a stack, an image, a region or a container network is defined, and nothing refers to it.

## Why
It is left over, or the reference to it is misspelt somewhere else.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
secrets: { old-token: { env: OLD_TOKEN } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
```
"##,
};

/// Reports definitions without a use.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    if !cx.resolved {
        return;
    }
    let topology = cx.topology;
    let secrets: BTreeSet<&str> = topology.secrets.iter().map(|s| s.name.as_str()).collect();
    let stacks: BTreeSet<&str> = cx.manifest.nodes.values().map(|n| n.stack.value.as_str()).collect();
    let components: BTreeSet<&str> =
        topology.services.iter().map(|s| s.component.component.value.as_str()).collect();
    let networks: BTreeSet<&str> =
        topology.services.iter().flat_map(|s| &s.networks).map(String::as_str).collect();
    let regions: BTreeSet<&str> = topology.hosts.iter().map(|h| topology.region_name(h.id)).collect();
    unused(sink, "secret", cx.manifest.secrets.keys(), &secrets);
    unused(sink, "stack", cx.manifest.stacks.keys(), &stacks);
    unused(sink, "image of component", cx.manifest.images.keys(), &components);
    unused(sink, "network", cx.manifest.networks.keys(), &networks);
    unused(sink, "region", cx.manifest.regions.keys(), &regions);
}

fn unused<'a>(
    sink: &mut Sink,
    kind: &str,
    names: impl Iterator<Item = &'a Spanned<String>>,
    used: &BTreeSet<&str>,
) {
    for name in names.filter(|name| !used.contains(name.value.as_str())) {
        sink.push(
            Diagnostic::new(&RULE, name.span, format!("{kind} `{name}` is never used"))
                .here("nothing refers to it")
                .help("remove it, or use it"),
        );
    }
}
