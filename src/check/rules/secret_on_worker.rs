//! Secrets of hosts, for pods.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Runtime;
use crate::topology::SecretSource;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0933",
    name: "secret-on-worker",
    level: Level::Deny,
    summary: "a secret that lies on a worker of a cluster",
    docs: r##"## What
A service on a host with the runtime `kubernetes` reads a secret whose source is `host-file`.

## Why
A pod sees no file of its worker. Its secrets are objects of its namespace, made by you or taken from a store.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: development }
hosts: { a: { address: 203.0.113.10, runtime: kubernetes } }
services: { db: { host: a, component: postgres, settings: { password: { secret: pw } } } }
secrets: { pw: { host-file: /etc/db/password } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: development }
hosts: { a: { address: 203.0.113.10, runtime: kubernetes } }
services: { db: { host: a, component: postgres, settings: { password: { secret: pw } } } }
secrets: { pw: { vault: secret/db, field: password } }
```
"##,
};

/// Looks at the secrets that pods read.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for service in &cx.topology.services {
        let host = &cx.topology.hosts[service.host];
        if host.runtime != Runtime::Kubernetes {
            continue;
        }
        for used in cx.topology.secrets_of(service) {
            let secret = &cx.topology.secrets[used.secret];
            let SecretSource::HostFile(path) = &secret.source else { continue };
            sink.push_once(
                Diagnostic::new(
                    &RULE,
                    secret.origin,
                    format!("`{}` cannot read secret `{}`", service.name, secret.name),
                )
                .here(format!("`{path}` lies on the host, which no pod sees"))
                .label(host.origin, "a worker of a cluster")
                .help("say where its value comes from: `vault:`, `sops:`, `file:`, `env:` or `generate:`"),
            );
        }
    }
}
