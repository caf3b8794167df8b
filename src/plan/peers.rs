//! The peers of a service as templates see them, and its own identities.

use serde_json::{Map, Value, json};

use super::build::Context;
use super::renderer::Making;
use crate::diag::{Diagnostic, codes};
use crate::identity::{PublicKey, Registry};
use crate::template::spoken;
use crate::text::Span;
use crate::topology::{Peer, Service, ServiceId, Topology};

/// Adds `identity`, `peering` and `peers` to the scope of a service.
pub(super) fn add(
    cx: &mut Making<'_>,
    topology: &Topology,
    identities: &Registry,
    id: ServiceId,
    scope: &mut Map<String, Value>,
) {
    let service = &topology.services[id];
    // Most components ask for none of it.
    if cx.reads.part("identity").is_some() {
        let own = service.component.identities.keys().map(|name| {
            let facts = identities
                .get(&service.name, name)
                .map_or(Value::Null, |identity| Value::Object(facts(&identity.public)));
            (spoken(name).into_owned(), facts)
        });
        scope.insert("identity".to_owned(), own.collect::<Map<String, Value>>().into());
    }
    if cx.reads.part("peering").is_some() {
        let closed = topology.peering.as_ref().is_some_and(|peering| peering.is_closed(service));
        scope.insert("peering".to_owned(), json!({ "closed": closed }));
    }
    let peers = peers(cx, topology, identities, service);
    if cx.reads.part("peers").is_some() {
        scope.insert("peers".to_owned(), peers.into());
    }
}

fn peers(cx: &mut Making<'_>, topology: &Topology, identities: &Registry, service: &Service) -> Vec<Value> {
    let (Some(peering), Some(link)) = (&topology.peering, &service.component.peering) else {
        return Vec::new();
    };
    let mut list = Vec::new();
    for peer in peering.peers_of(service.id) {
        // A peer without an identity was reported, or let through on purpose: it cannot be named.
        let Some(mut facts) = peer_facts(topology, identities, service, *peer) else { continue };
        let scope = json!({ "peer": facts });
        for (name, form) in &link.forms {
            match cx.templates.render_str(form, &scope) {
                Ok(text) => {
                    facts.insert(spoken(name).into_owned(), text.into());
                }
                Err(error) => {
                    let other = &topology.services[peer.service];
                    cx.failures.sink.push(
                        Diagnostic::new(
                            &codes::BAD_TEMPLATE,
                            service.origin,
                            format!(
                                "form `{name}` of component `{}` fails for the peer `{}`: {}",
                                service.component.component, other.name, error.message
                            ),
                        )
                        .here(format!("for service `{}`", service.name)),
                    );
                    return list;
                }
            }
        }
        list.push(facts.into());
    }
    list
}

fn peer_facts(
    topology: &Topology,
    identities: &Registry,
    of: &Service,
    peer: Peer,
) -> Option<Map<String, Value>> {
    let service = &topology.services[peer.service];
    let link = service.component.peering.as_ref()?;
    let mut map = match &link.identity {
        Some(name) => facts(&identities.get(&service.name, name)?.public),
        None => Map::new(),
    };
    let host = &topology.hosts[service.host];
    let listener = service.listener(&link.interface)?;
    // Pods of one cluster know each other by name.
    let inside = topology.hosts[of.host].shares_cluster(host);
    let address = if inside { &service.name } else { host.peer_address() };
    let port = if inside { listener.container_port? } else { listener.port? };
    let (path, authority) = match address.parse() {
        Ok(std::net::IpAddr::V4(ip)) => (format!("/ip4/{ip}"), format!("{ip}:{port}")),
        Ok(std::net::IpAddr::V6(ip)) => (format!("/ip6/{ip}"), format!("[{ip}]:{port}")),
        Err(_) => (format!("/dns/{address}"), format!("{address}:{port}")),
    };
    let ports: Map<String, Value> = service
        .listeners
        .iter()
        .filter_map(|l| if inside { l.container_port } else { l.port }.map(|port| (l, port)))
        .map(|(l, port)| (spoken(&l.interface).into_owned(), port.into()))
        .collect();
    let node = service.node.map(|node| &topology.nodes[node]);
    map.insert("service".to_owned(), service.name.clone().into());
    map.insert("node".to_owned(), node.map(|node| node.name.clone()).into());
    map.insert("role".to_owned(), node.map(|node| node.role.clone()).into());
    map.insert("host".to_owned(), address.into());
    map.insert("port".to_owned(), port.into());
    map.insert("ports".to_owned(), ports.into());
    map.insert("authority".to_owned(), authority.into());
    map.insert("multiaddr".to_owned(), path.into());
    map.insert("hidden".to_owned(), peer.hidden.into());
    Some(map)
}

/// What the world may know of a key, in every form that clients use.
pub(super) fn facts(public: &PublicKey) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("public_key".to_owned(), public.to_hex().into());
    map.insert("peer_id".to_owned(), public.peer_id().into());
    if let Some(id) = public.enode_id() {
        map.insert("enode_id".to_owned(), id.into());
    }
    if let Some(id) = public.node_id() {
        map.insert("node_id".to_owned(), id.into());
    }
    if let Some(address) = public.cometbft_address() {
        map.insert("cometbft_id".to_owned(), address.to_lowercase().into());
        map.insert("base58".to_owned(), public.base58().into());
        map.insert("base64".to_owned(), public.base64().into());
        map.insert("address".to_owned(), address.into());
    }
    if let Some(address) = public.keccak_address() {
        map.insert("keccak_address".to_owned(), address.into());
    }
    map
}

/// Reports identities that are needed and that the lock does not hold: all of them in one finding.
pub(super) fn check(cx: &mut Context<'_>, topology: &Topology, identities: &Registry) {
    let mut missing = missing(topology, identities);
    let Some((service, name)) = missing.next() else { return };
    let message = match missing.count() {
        0 => format!("identity `{name}` of `{}` is not in the lock", service.name),
        more => {
            format!("{} identities are not in the lock, such as `{name}` of `{}`", more + 1, service.name)
        }
    };
    let mut diagnostic = Diagnostic::new(&codes::IDENTITY_NOT_LOCKED, service.origin, message)
        .here("has no identity yet")
        .help("`netgen keys` makes it; `--allow-unlocked` builds without, for development");
    if let Some((span, why)) = needed(topology, service, name) {
        diagnostic = diagnostic.label(span, why);
    }
    cx.sink.push(diagnostic);
}

/// Identities that are needed and not known, with their services.
pub(super) fn missing<'t>(
    topology: &'t Topology,
    identities: &'t Registry,
) -> impl Iterator<Item = (&'t Service, &'t String)> {
    topology.services.iter().flat_map(move |service| {
        let names = service.component.identities.keys();
        names
            .filter(move |name| needed(topology, service, name).is_some())
            .filter(move |name| identities.get(&service.name, name).is_none())
            .map(move |name| (service, name))
    })
}

/// Who needs an identity of a service, if somebody does.
fn needed(topology: &Topology, service: &Service, name: &str) -> Option<(Span, &'static str)> {
    let component = &service.component;
    let identity = component.identities.get(name)?;
    let link = component.peering.as_ref();
    if let (Some(peering), true) =
        (&topology.peering, link.is_some_and(|l| l.identity.as_deref() == Some(name)))
        && !peering.peers_of(service.id).is_empty()
    {
        return Some((peering.origin, "its peers name it by its key"));
    }
    let weight = service.node.map_or(0, |node| topology.nodes[node].voting_power);
    if let Some(genesis) = topology.genesis.as_ref().filter(|g| g.initial_height.is_some())
        && identity.votes
        && weight > 0
    {
        return Some((genesis.origin, "its key stands in the validator set"));
    }
    let declared = service.secrets.iter().any(|used| used.setting == identity.setting && used.declared);
    let required = component.settings.get(&identity.setting).is_some_and(|setting| !setting.optional);
    (required && !declared).then_some((Span::nowhere(), ""))
}
