//! What each service listens on, and on which address of its host the port is published.

use std::collections::BTreeMap;

use super::graph::ServiceGraph;
use super::ir::{Listener, PortSource, Publish, Service};
use super::resolve::{Context, Tables};
use super::services::Draft;
use super::{Id, ServiceId};
use crate::diag::{Diagnostic, codes};
use crate::manifest::{Exposure, Runtime};
use crate::template::{Asking, Context as Scope, Parts, Reads, spoken};
use crate::text::Span;

/// Gives every service its listeners: the interfaces of its component that apply.
pub(super) fn listeners(cx: &mut Context<'_>, tables: &mut Tables, drafts: &[Draft]) {
    let mut asked: BTreeMap<&str, Reads> = BTreeMap::new();
    for (index, draft) in drafts.iter().enumerate() {
        let id = ServiceId::from_index(index);
        let component = &draft.entry.component;
        for key in draft.spec.ports.keys().chain(draft.spec.expose.keys()) {
            if !component.provides.contains_key(key.value.as_str()) {
                cx.sink.push(
                    Diagnostic::new(
                        &codes::UNKNOWN_KEY,
                        key.span,
                        format!("component `{}` has no interface `{key}`", component.component),
                    )
                    .here("no such interface")
                    .suggest(key, component.provides.keys().map(String::as_str)),
                );
            }
        }
        let mut listeners = Vec::new();
        for (name, interface) in &component.provides {
            if let Some(when) = &interface.when {
                let reads = asked.entry(when).or_insert_with(|| cx.templates.reads(Asking::Condition(when)));
                match cx.templates.eval_bool(when, settings_scope(&tables.services[id].settings, reads)) {
                    Ok(true) => {}
                    Ok(false) => continue,
                    Err(error) => {
                        cx.sink.push(Diagnostic::new(
                            &codes::BAD_TEMPLATE,
                            draft.origin,
                            format!(
                                "condition of interface `{name}` of `{}`: {}",
                                component.component, error.message
                            ),
                        ));
                        continue;
                    }
                }
            }
            let written = draft.spec.ports.get(name.as_str());
            let port = written.map(|p| p.value).or(interface.port);
            if port == Some(0) {
                let span = written.map_or(draft.origin, |p| p.span);
                cx.sink.push(
                    Diagnostic::new(&codes::PORT_RANGE, span, "port 0 is no port")
                        .here("from 1 to 65535")
                        .help("leave the port out to get the default"),
                );
            }
            let exposure = draft.spec.expose.get(name.as_str());
            listeners.push(Listener {
                interface: name.clone(),
                port,
                container_port: if interface.fixed_port { interface.port } else { port },
                transports: interface.transport.list(),
                protocol: interface.protocol.clone(),
                path: interface.path.clone().unwrap_or_default(),
                exposure: exposure.map_or(interface.exposure, |e| e.value),
                auth: interface.auth.clone(),
                volume: interface.volume.clone(),
                publish: None,
                port_source: if written.is_some() { PortSource::Manifest } else { PortSource::Default },
                port_origin: written.map_or(Span::nowhere(), |p| p.span),
                exposure_origin: exposure.map_or(Span::nowhere(), |e| e.span),
            });
        }
        if let Some(service) = tables.services.get_mut(id) {
            service.listeners = listeners;
        }
    }
}

/// What a text that speaks of `settings` asks for of them.
pub(crate) fn settings_scope(
    values: &crate::hashed::IndexMap<String, serde_json::Value>,
    reads: &Reads,
) -> Scope {
    let mut scope = Parts::new(reads);
    scope.add("settings", |reads| {
        let mut settings = Parts::new(reads);
        values.iter().for_each(|(key, value)| settings.add(&spoken(key), |_| value));
        settings.done()
    });
    scope.done()
}

/// Keys as templates speak to them: `_` for `-`.
pub(crate) fn snake(
    values: &crate::hashed::IndexMap<String, serde_json::Value>,
) -> serde_json::Map<String, serde_json::Value> {
    values.iter().map(|(key, value)| (spoken(key).into_owned(), value.clone())).collect()
}

/// Decides where each port is published, from who uses it.
pub(super) fn publish(tables: &mut Tables, graph: &ServiceGraph) {
    let ids: Vec<ServiceId> = tables.services.ids().collect();
    for id in ids {
        let service = &tables.services[id];
        let host = &tables.hosts[service.host];
        let shares_host = service.on_host_network(host);
        let decided: Vec<Option<Publish>> = service
            .listeners
            .iter()
            .map(|listener| {
                listener.port?;
                if host.runtime == Runtime::Kubernetes {
                    return leaves_cluster(tables, graph, id, listener).then_some(Publish::Any);
                }
                let users = graph.consumers(id).iter().filter(|(i, c)| *i == listener.interface && *c != id);
                let mut from_afar = false;
                let mut from_container = false;
                for (_, consumer) in users {
                    let consumer = &tables.services[*consumer];
                    from_afar |= consumer.host != service.host;
                    from_container |= consumer.host == service.host && !consumer.on_host_network(host);
                }
                let near = || match &host.private_address {
                    Some(address) => Publish::Address(address.clone()),
                    None => Publish::Any,
                };
                match listener.exposure {
                    Exposure::Public | Exposure::Peers => Some(Publish::Any),
                    Exposure::Loopback => Some(Publish::Loopback),
                    // A container comes in through the bridge, which is another address than the private one.
                    Exposure::Private if shares_host && from_container => Some(Publish::Any),
                    Exposure::Private if from_afar => Some(near()),
                    Exposure::Private if shares_host => Some(Publish::Loopback),
                    // On a bridge, users on the host itself come in by a published loopback port.
                    Exposure::Private if users_on_host(tables, graph, id, &listener.interface) => {
                        Some(Publish::Loopback)
                    }
                    Exposure::Private if is_ui(service, &listener.interface) => Some(Publish::Loopback),
                    Exposure::Private => None,
                }
            })
            .collect();
        if let Some(service) = tables.services.get_mut(id) {
            for (listener, publish) in service.listeners.iter_mut().zip(decided) {
                listener.publish = publish;
            }
            widen(&mut service.listeners);
        }
    }
}

/// Whether somebody outside the cluster of a service uses an interface: then it has a port on the workers.
fn leaves_cluster(tables: &Tables, graph: &ServiceGraph, id: ServiceId, listener: &Listener) -> bool {
    let home = &tables.hosts[tables.services[id].host];
    match listener.exposure {
        Exposure::Public => true,
        Exposure::Peers => tables.hosts.iter().any(|host| !host.shares_cluster(home)),
        Exposure::Private => graph.consumers(id).iter().any(|(interface, consumer)| {
            *interface == listener.interface
                && !tables.hosts[tables.services[*consumer].host].shares_cluster(home)
        }),
        Exposure::Loopback => false,
    }
}

/// Interfaces of one service may share a port (an API and its metrics): the port is published once,
/// as widely as the widest of them needs. Who may come in stays apart for each.
fn widen(listeners: &mut [Listener]) {
    let mut widest: BTreeMap<u16, Option<Publish>> = BTreeMap::new();
    let rank = |publish: &Option<Publish>| match publish {
        None => 0,
        Some(Publish::Loopback) => 1,
        Some(Publish::Address(_)) => 2,
        Some(Publish::Any) => 3,
    };
    for listener in listeners.iter() {
        let Some(port) = listener.port else { continue };
        let entry = widest.entry(port).or_default();
        if rank(&listener.publish) > rank(entry) {
            entry.clone_from(&listener.publish);
        }
    }
    for listener in listeners {
        if let Some(publish) = listener.port.and_then(|port| widest.get(&port)) {
            listener.publish.clone_from(publish);
        }
    }
}

fn is_ui(service: &Service, interface: &str) -> bool {
    service.component.provides.get(interface).is_some_and(|declared| declared.ui)
}

/// Whether a service that shares the host's network, on the same host, uses the interface.
fn users_on_host(tables: &Tables, graph: &ServiceGraph, id: ServiceId, interface: &str) -> bool {
    let host = &tables.hosts[tables.services[id].host];
    graph.consumers(id).iter().any(|(name, consumer)| {
        let consumer = &tables.services[*consumer];
        name == interface && consumer.host == host.id && consumer.on_host_network(host)
    })
}
