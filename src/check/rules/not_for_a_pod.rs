//! What a pod of a restricted namespace cannot be.

use crate::catalog::component::Component;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Runtime;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0930",
    name: "not-for-a-pod",
    level: Level::Deny,
    summary: "a component that cannot run as a pod",
    docs: r##"## What
A service on a host with the runtime `kubernetes` must see the host itself (its network, its processes, its files, the logs of others), reads a tree of the bundle, has no numeric user, is root, or needs a capability other than `NET_BIND_SERVICE`.

## Why
The namespace has the pod security standard `restricted`, and the API server refuses the pod; the trees of the bundle are larger than a config map may be. What looks at the workers themselves is the work of the cluster.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: development }
hosts: { a: { address: 203.0.113.10, runtime: kubernetes } }
services: { metrics: { host: a, component: node-exporter } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: development }
hosts: { a: { address: 203.0.113.10 } }
services: { metrics: { host: a, component: node-exporter } }
```
"##,
};

/// The one capability that the standard `restricted` lets through.
const ALLOWED: &str = "NET_BIND_SERVICE";

/// Looks at each service of a cluster.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for service in &cx.topology.services {
        let host = &cx.topology.hosts[service.host];
        if host.runtime != Runtime::Kubernetes {
            continue;
        }
        let Some(why) = obstacle(&service.component) else { continue };
        sink.push_once(
            Diagnostic::new(&RULE, service.origin, format!("`{}` cannot run as a pod", service.name))
                .here(format!("component `{}` {why}", service.component.component))
                .label(host.origin, "its host is a worker of a cluster")
                .help("place it on a host with another runtime, such as `compose`"),
        );
    }
}

/// What keeps a component from being a pod.
fn obstacle(component: &Component) -> Option<String> {
    let user = component.user.as_deref().map(|user| user.split(':').next().unwrap_or(user));
    if component.looks_at_host() {
        return Some("must see the host itself".to_owned());
    }
    if let Some(tree) = component.artifacts.keys().next() {
        return Some(format!("reads the tree `{tree}` of the bundle"));
    }
    if let Some(capability) = component.capabilities.iter().find(|name| *name != ALLOWED) {
        return Some(format!("needs the capability `{capability}`"));
    }
    match user.map(str::parse::<u32>) {
        None => Some("does not say as which user it runs".to_owned()),
        Some(Err(_)) => Some("runs as a user that has no number".to_owned()),
        Some(Ok(0)) => Some("runs as root".to_owned()),
        Some(Ok(_)) => None,
    }
}
