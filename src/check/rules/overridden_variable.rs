//! Variables that the component sets itself.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::ServiceSpec;
use crate::text::Span;
use crate::topology::Service;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0512",
    name: "overridden-variable",
    level: Level::Warn,
    summary: "an environment variable replaces one that the component computes",
    docs: r##"## What
`environment:` of a service sets a variable that its component sets already.

## Why
The component computes the value from settings, ports and bindings. A fixed value stays when those change, and the program is told something else than the rest of the bundle.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { faucet: { host: a, component: faucet, environment: { FAUCET_PORT: "8600" } } }
```
```yaml file=components/faucet/component.yaml
component: faucet
summary: Hands out test coins
kind: other
version: { tested: 1.4.2 }
image: registry.example.net/faucet
user: "10050:10050"
provides: { ui: { port: 8500, protocol: http } }
environment: { FAUCET_PORT: "{{ provides.ui.port }}" }
sources: ["the documentation of the faucet"]
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { faucet: { host: a, component: faucet, ports: { ui: 8600 } } }
```
```yaml file=components/faucet/component.yaml
component: faucet
summary: Hands out test coins
kind: other
version: { tested: 1.4.2 }
image: registry.example.net/faucet
user: "10050:10050"
provides: { ui: { port: 8500, protocol: http } }
environment: { FAUCET_PORT: "{{ provides.ui.port }}" }
sources: ["the documentation of the faucet"]
```
"##,
};

/// Looks at the variables of each service.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for service in &cx.topology.services {
        for name in
            service.environment.keys().filter(|name| service.component.environment.contains_key(*name))
        {
            let component = &service.component.component;
            sink.push(
                Diagnostic::new(
                    &RULE,
                    place(cx, service, name),
                    format!("`{name}` of `{}` is set by its component already", service.name),
                )
                .here("replaces what is computed")
                .label(service.origin, format!("a `{component}`"))
                .help(format!("use its settings or ports; `netgen components {component}` lists them")),
            );
        }
    }
}

/// Where the manifest sets a variable of a service.
fn place(cx: &Cx<'_>, service: &Service, name: &str) -> Span {
    let key = |spec: &ServiceSpec| spec.environment.get_key_value(name).map(|(key, _)| key.span);
    let found = match service.node {
        Some(node) => {
            let stack = cx.manifest.stacks.get(cx.topology.nodes[node].stack.as_str());
            stack.and_then(|stack| stack.get(service.local_name.as_str())).and_then(key)
        }
        None => cx.manifest.services.get(service.local_name.as_str()).and_then(|placed| key(&placed.spec())),
    };
    found.unwrap_or(service.origin)
}
