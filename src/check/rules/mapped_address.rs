//! IPv4 addresses written as IPv6.

use std::net::IpAddr;

use crate::check::{Cx, address};
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::text::Span;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0217",
    name: "mapped-address",
    level: Level::Deny,
    summary: "an IPv4 address written as an IPv6 one",
    docs: r##"## What
An address has the form `::ffff:203.0.113.10`.

## Why
It is a notation of programs, never of packets: the firewall rule that is made from it is one for IPv6, and the packets that come are IPv4. They would be dropped.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: "::ffff:203.0.113.10" } }
services: { el: { host: a, component: geth } }
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

/// Looks at hosts and at the networks of administrators.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let hosts = cx.manifest.hosts.values();
    let written = hosts.flat_map(|host| std::iter::once(&host.address).chain(&host.private_address));
    for (ip, span) in written.filter_map(|text| Some((address::ip(text)?, text.span))) {
        report(ip, span, sink);
    }
    for net in cx.manifest.security.iter().flat_map(|security| &security.admin_networks) {
        report(net.addr(), net.span, sink);
    }
}

fn report(ip: IpAddr, span: Span, sink: &mut Sink) {
    let Some(v4) = address::mapped(ip) else { return };
    sink.push(
        Diagnostic::new(&RULE, span, format!("`{ip}` is an IPv4 address in disguise"))
            .here("no packet bears it")
            .help(format!("write `{v4}`")),
    );
}
