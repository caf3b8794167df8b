//! Certificates that the authority will not give.

use crate::catalog::setting::Purpose;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::Exposure;
use crate::text::Span;
use crate::topology::Service;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0882",
    name: "no-certificate",
    level: Level::Deny,
    summary: "a certificate authority cannot check the domain, or would not",
    docs: r##"## What
A service gets certificates for a public name, and one of these does not hold: its HTTP and HTTPS ports are public, they are 80 and 443, the name is a DNS name with a dot, the contact is a mail address.

## Why
The authority looks the name up and connects to it from the internet, to port 80 or 443 and to no other. Where it finds nobody there is no certificate, and clients refuse the connection.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  rpc: { host: a, component: haproxy, needs: { eth-rpc: el } }
  tls:
    host: a
    component: caddy
    ports: { https: 8443 }
    needs: { proxied-rpc: rpc }
    settings: { domain: 203.0.113.10, email: ops }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  rpc: { host: a, component: haproxy, needs: { eth-rpc: el } }
  tls: { host: a, component: caddy, needs: { proxied-rpc: rpc }, settings: { domain: rpc.demo.dev, email: ops@demo.dev } }
```
"##,
};

/// Looks at every service that has a public name.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for service in &cx.topology.services {
        let names: Vec<_> = cx.meant(service, Purpose::PublicName).collect();
        if names.is_empty() {
            continue;
        }
        for (_, name, place) in names {
            let Some(name) = name.as_str().filter(|name| !is_dns_name(name)) else { continue };
            sink.push_once(
                Diagnostic::new(&RULE, place, format!("`{name}` is no DNS name of the internet"))
                    .here("no authority gives a certificate for it")
                    .help("write a name that points to this host: `rpc.<your domain>`"),
            );
        }
        for (_, contact, place) in cx.meant(service, Purpose::Contact) {
            let is_mail =
                |text: &str| text.split_once('@').is_some_and(|(who, at)| !who.is_empty() && is_dns_name(at));
            let Some(contact) = contact.as_str().filter(|contact| !is_mail(contact)) else { continue };
            sink.push_once(
                Diagnostic::new(&RULE, place, format!("`{contact}` is no mail address"))
                    .here("the authority writes here before a certificate ends")
                    .help("write an address that people read"),
            );
        }
        doors(service, sink);
    }
}

/// The ports at which the authority looks.
fn doors(service: &Service, sink: &mut Sink) {
    for listener in &service.listeners {
        let looked_for = service.component.provides.get(&listener.interface).and_then(|i| i.found_at);
        let (Some(port), Some(wanted)) = (listener.port, looked_for) else { continue };
        let interface = &listener.interface;
        if port != wanted {
            sink.push_once(
                Diagnostic::new(
                    &RULE,
                    service.port_place(listener),
                    format!(
                        "`{interface}` of `{}` has port {port}; the authority looks at {wanted}",
                        service.name
                    ),
                )
                .here(format!("not {wanted}"))
                .help(format!(
                    "leave the port of `{interface}` out, and give the host no second such service"
                )),
            );
        }
        if listener.exposure != Exposure::Public {
            let decided: Span = listener.exposure_origin;
            let place = if decided.is_somewhere() { decided } else { service.origin };
            sink.push_once(
                Diagnostic::new(
                    &RULE,
                    place,
                    format!(
                        "`{interface}` of `{}` is not public; the authority cannot connect",
                        service.name
                    ),
                )
                .here(listener.exposure.word())
                .help("take the `expose` out"),
            );
        }
    }
}

/// Letters, digits and `-` in at least two parts, the last of which is no number.
fn is_dns_name(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part.len() <= 63
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    name.len() <= 253
        && name.contains('.')
        && name.split('.').all(part)
        && !last.bytes().all(|b| b.is_ascii_digit())
}
