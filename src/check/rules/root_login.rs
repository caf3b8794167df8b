//! Deploys that log in as root.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Environment;
use crate::topology::Host;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0507",
    name: "root-login",
    level: Level::Warn,
    summary: "the deploy logs in as root",
    docs: r##"## What
A network that says `environment: production` is deployed by an SSH login as `root`, by choice or because no user is named.

## Why
A key that logs in as root needs no second step, and the log of the host does not say who it was. A user of its own with `sudo` costs one line.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
hosts: { a: { address: 10.20.0.10 } }
services: { el: { host: a, component: geth } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: production }
defaults: { ssh: { user: deploy } }
hosts: { a: { address: 10.20.0.10 } }
services: { el: { host: a, component: geth } }
```
"##,
};

/// One finding for all hosts of the network.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    if cx.manifest.network.environment != Some(Environment::Production) {
        return;
    }
    let hosts: Vec<&Host> = cx.topology.hosts.iter().filter(|host| host.ssh_user == "root").collect();
    let Some(first) = hosts.first() else { return };
    let own = cx.manifest.hosts.get(first.name.as_str()).and_then(|host| host.ssh.as_ref());
    let written = own
        .and_then(|ssh| ssh.user.as_ref())
        .or_else(|| cx.manifest.defaults.ssh.as_ref().and_then(|ssh| ssh.user.as_ref()));
    let (place, here) =
        written.map_or((first.origin, "no user is named: root"), |user| (user.span, "the mightiest user"));
    let names = crate::diag::list_names(hosts.iter().map(|host| host.name.as_str()), 6);
    sink.push(
        Diagnostic::new(&RULE, place, format!("the deploy logs in as root to {names}"))
            .here(here)
            .help("name a user that may become root: `defaults: { ssh: { user: deploy } }`"),
    );
}
