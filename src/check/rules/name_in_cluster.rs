//! Names that are too long for a cluster, or begin with a digit.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Runtime;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0931",
    name: "name-in-cluster",
    level: Level::Deny,
    summary: "a name that objects of a cluster cannot have",
    docs: r##"## What
A service on a host with the runtime `kubernetes` has a name of more than 52 letters or one that begins with a digit, or the name of the network makes its namespace longer than 63.

## Why
The name becomes a DNS name of the cluster, which begins with a letter. The label of its revision adds 11 letters to it, and a label has 63 at most: the API server takes the stateful set and never makes the pod.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: development }
hosts: { a: { address: 203.0.113.10, runtime: kubernetes } }
stacks: { el: { execution: { component: geth } } }
nodes: { a-very-very-very-very-very-very-very-very-long-name: { host: a, role: rpc, stack: el } }
```

```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: development }
hosts: { a: { address: 203.0.113.10, runtime: kubernetes } }
stacks: { el: { execution: { component: geth } } }
nodes: { 1st: { host: a, role: rpc, stack: el } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: development }
hosts: { a: { address: 203.0.113.10, runtime: kubernetes } }
stacks: { el: { execution: { component: geth } } }
nodes: { first: { host: a, role: rpc, stack: el } }
```

```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: development }
hosts: { a: { address: 203.0.113.10 } }
stacks: { el: { execution: { component: geth } } }
nodes: { 1st: { host: a, role: rpc, stack: el } }
```
"##,
};

/// The label of a revision is the name, a dash and ten letters.
const LONGEST: usize = 52;

/// A label of DNS, which the name of a namespace is.
const LONGEST_NAMESPACE: usize = 63;

/// Looks at the services of clusters and at the namespace of the network.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let mut any = false;
    for service in &topology.services {
        let host = &topology.hosts[service.host];
        if host.runtime != Runtime::Kubernetes {
            continue;
        }
        any = true;
        let digit = service.name.starts_with(|c: char| c.is_ascii_digit());
        let why = if service.name.len() > LONGEST {
            format!("{} letters; a cluster takes {LONGEST}", service.name.len())
        } else if digit {
            "begins with a digit".to_owned()
        } else {
            continue;
        };
        // Services of a stack have one place; the nodes tell them apart.
        let place = service.node.map_or(service.origin, |node| topology.nodes[node].origin);
        let help = if digit {
            "let the name begin with a letter"
        } else {
            "shorten the name of the node or of the service"
        };
        sink.push_once(
            Diagnostic::new(&RULE, place, format!("a cluster cannot have the name `{}`", service.name))
                .here(why)
                .label(host.origin, "its host is a worker of a cluster")
                .help(help),
        );
    }
    let namespace = topology.namespace();
    if any && namespace.len() > LONGEST_NAMESPACE {
        sink.push(
            Diagnostic::new(
                &RULE,
                cx.manifest.network.name.span,
                format!("a cluster cannot have the namespace `{namespace}`"),
            )
            .here(format!("{} letters; a cluster takes {LONGEST_NAMESPACE}", namespace.len()))
            .help("shorten the name of the network"),
        );
    }
}
