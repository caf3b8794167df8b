//! Who asks whom for its health: edges of the graph that carry a question and nothing else.

use std::collections::BTreeSet;

use super::ir::{Binding, Choice, Service};
use super::resolve::Tables;
use crate::manifest::Exposure;

/// The bindings of every service that asks for health, beside those that it has.
pub(super) fn bindings(tables: &Tables, bound: &[Binding]) -> Vec<Binding> {
    let askers: Vec<&Service> = tables.services.iter().filter(|s| s.component.asks_health).collect();
    let mut found = Vec::new();
    for asker in askers {
        let own = bound.iter().filter(|binding| binding.consumer == asker.id);
        let known: BTreeSet<_> = own.map(|b| (b.provider, b.interface.as_str())).collect();
        let mut order = 0;
        for service in tables.services.iter().filter(|service| service.node.is_some()) {
            for interface in asked_at(service) {
                let far = service.host != asker.host;
                let listener = service.listener(interface);
                // What only its own host may reach is not asked from another one.
                let hidden = listener.is_none_or(|l| l.exposure == Exposure::Loopback && far);
                if hidden || known.contains(&(service.id, interface)) {
                    continue;
                }
                found.push(Binding {
                    consumer: asker.id,
                    interface: interface.to_owned(),
                    provider: service.id,
                    order,
                    wait: false,
                    origin: asker.origin,
                    choice: Choice::Asked,
                });
                order += 1;
            }
        }
    }
    found
}

/// The interfaces of a service at which its health is asked.
fn asked_at(service: &Service) -> impl Iterator<Item = &str> {
    let provides = service.component.provides.keys().map(String::as_str);
    provides.filter(|name| service.component.health_of(name).is_some())
}
