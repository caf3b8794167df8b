//! A mesh that workers of Kubernetes should join.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink, list_names};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0883",
    name: "mesh-without-hosts",
    level: Level::Deny,
    summary: "workers of Kubernetes should join the mesh of the hosts",
    docs: r##"## What
`security.mesh` joins all hosts, and some of them have `runtime: kubernetes`.

## Why
The deploy does not log in to the workers of a cluster, so nothing brings the mesh up there: whoever is told an address in the mesh never gets through.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  a: { address: 203.0.113.10 }
  b: { address: 203.0.113.11, runtime: kubernetes }
services: { el: { host: a, component: geth } }
security: { mesh: { subnet: 10.99.0.0/24 } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  a: { address: 203.0.113.10 }
  b: { address: 203.0.113.11 }
services: { el: { host: a, component: geth } }
security: { mesh: { subnet: 10.99.0.0/24 } }
```
"##,
};

/// Looks at the members of the mesh.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(mesh) = &cx.topology.mesh else { return };
    let members = mesh.members.keys().map(|host| &cx.topology.hosts[*host]);
    let workers: Vec<_> = members.filter(|host| !host.runtime.is_logged_in_to()).collect();
    let Some(first) = workers.first() else { return };
    let names = list_names(workers.iter().map(|host| host.name.as_str()), 8);
    sink.push(
        Diagnostic::new(&RULE, mesh.origin, format!("nothing brings the mesh up on {names}"))
            .here("it joins all hosts")
            .label(first.origin, "a worker of Kubernetes")
            .help("leave `mesh` out and let the network of the cluster encrypt, or give these hosts another runtime"),
    );
}
