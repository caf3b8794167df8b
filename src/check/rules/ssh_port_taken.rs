//! Services on the port of sshd.

use crate::catalog::interface::Transport;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0224",
    name: "ssh-port-taken",
    level: Level::Deny,
    summary: "a service takes the port by which the host is reached",
    docs: r##"## What
A service publishes the TCP port on which sshd of its host listens.

## Why
The service cannot start; or, after the next boot, it is there first and nobody can log in any more.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, ssh: { port: 2222 } } }
services: { el: { host: a, component: geth, ports: { p2p: 2222 } } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, ssh: { port: 2222 } } }
services: { el: { host: a, component: geth, ports: { p2p: 30303 } } }
```
"##,
};

/// Compares each published port with that of the host's sshd.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for service in &cx.topology.services {
        let host = &cx.topology.hosts[service.host];
        for listener in &service.listeners {
            let tcp = listener.transports.contains(&Transport::Tcp);
            if !tcp || listener.publish.is_none() || listener.port != Some(host.ssh_port) {
                continue;
            }
            let written = cx.manifest.hosts.get(host.name.as_str()).and_then(|host| host.ssh.as_ref());
            let of_all = cx.manifest.defaults.ssh.as_ref();
            let place = written
                .and_then(|ssh| ssh.port.as_ref())
                .or_else(|| of_all.and_then(|ssh| ssh.port.as_ref()))
                .map_or(host.origin, |port| port.span);
            sink.push_once(
                Diagnostic::new(
                    &RULE,
                    service.port_place(listener),
                    format!(
                        "`{}` takes port {} of sshd on host `{}`",
                        service.name, host.ssh_port, host.name
                    ),
                )
                .here(format!("`{}`", listener.interface))
                .label(place, format!("sshd listens on {}", host.ssh_port))
                .help(format!("give the service another port: `ports: {{ {}: ... }}`", listener.interface)),
            );
        }
    }
}
