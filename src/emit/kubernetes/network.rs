//! Services, and who may speak to whom: exactly the edges of the graph.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::{Value, json};

use super::pod::{instance, protocol};
use super::{Cx, selector, some};
use crate::catalog::component::Run;
use crate::catalog::interface::Transport;
use crate::emit::EmitError;
use crate::manifest::Exposure;
use crate::topology::{Host, HostId, Listener, NETWORK_POLICIES, Service, ServiceId};

/// The governing service of a stateful set.
pub(super) fn headless(service: &Service) -> String {
    format!("{}-headless", service.name)
}

/// A port of a pod or of another host.
type Port = (u16, Transport);

/// Who is at the other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Peer {
    /// Anyone, anywhere.
    Anyone,
    /// Every pod of the network in this cluster.
    Everybody,
    /// The pods of a service.
    Pods(String),
    /// An address elsewhere.
    Address(String),
}

impl Peer {
    fn selectors(&self) -> Vec<Value> {
        let block = |cidr: &str| json!({ "ipBlock": { "cidr": cidr } });
        match self {
            Self::Anyone => vec![block("0.0.0.0/0"), block("::/0")],
            Self::Everybody => vec![json!({ "podSelector": {} })],
            Self::Pods(service) => vec![json!({ "podSelector": selector(service) })],
            Self::Address(cidr) => vec![block(cidr)],
        }
    }
}

/// For each port, who is at the other end. No port stands for every port.
#[derive(Default)]
struct Edges(BTreeMap<Option<Port>, BTreeSet<Peer>>);

impl Edges {
    fn add(&mut self, ports: impl IntoIterator<Item = Port>, peers: &[Peer]) {
        for port in ports {
            self.0.entry(Some(port)).or_default().extend(peers.iter().cloned());
        }
    }

    /// The rules, one for all ports that have the same peers.
    fn rules(&self, side: &'static str) -> Vec<Value> {
        let mut by_peers: BTreeMap<Vec<Peer>, Vec<Port>> = BTreeMap::new();
        for (port, peers) in &self.0 {
            // Anyone is somebody, too.
            let peers = if peers.contains(&Peer::Anyone) {
                vec![Peer::Anyone]
            } else {
                peers.iter().cloned().collect()
            };
            if !peers.is_empty() {
                by_peers.entry(peers).or_default().extend(port);
            }
        }
        let rule = |(peers, ports): (Vec<Peer>, Vec<Port>)| {
            let ports: Vec<Value> = ports
                .into_iter()
                .map(|(port, transport)| json!({ "port": port, "protocol": protocol(transport) }))
                .collect();
            let peers: Vec<Value> = peers.iter().flat_map(Peer::selectors).collect();
            Value::from(some([("ports", ports.into()), (side, peers.into())]))
        };
        by_peers.into_iter().map(rule).collect()
    }
}

/// What holds for every pod of the namespace: nothing but names.
pub(super) fn defaults() -> Vec<Value> {
    let policy = |name: &str, spec: Value| {
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": { "name": name }, "spec": spec,
        })
    };
    let dns = json!({
        "to": [{
            "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": "kube-system" } },
            "podSelector": { "matchLabels": { "k8s-app": "kube-dns" } },
        }],
        "ports": [{ "port": 53, "protocol": "TCP" }, { "port": 53, "protocol": "UDP" }],
    });
    let [deny, names] = NETWORK_POLICIES;
    vec![
        policy(deny, json!({ "podSelector": {}, "policyTypes": ["Egress", "Ingress"] })),
        policy(names, json!({ "podSelector": {}, "policyTypes": ["Egress"], "egress": [dns] })),
    ]
}

/// The services and the policy of a service.
pub(super) fn objects(cx: &Cx<'_>, service: &Service) -> Result<Vec<Value>, EmitError> {
    let mut objects = Vec::new();
    let (inside, outside) = (inside(service), outside(service));
    if service.component.run == Run::Service {
        let spec = some([
            ("clusterIP", "None".into()),
            ("ports", inside.clone().into()),
            ("publishNotReadyAddresses", true.into()),
            ("selector", instance(service)),
        ]);
        objects.push(service_object(cx, service, &headless(service), &spec.into()));
    }
    if !inside.is_empty() {
        // Who is not ready is still spoken to: a client that syncs is told how to by its consensus client, and
        // consumers know how to fall back.
        let spec = some([
            ("ports", inside.into()),
            ("publishNotReadyAddresses", true.into()),
            ("selector", instance(service)),
        ]);
        objects.push(service_object(cx, service, &service.name, &spec.into()));
    }
    if !outside.is_empty() {
        // Only the worker of the pod answers, so the address is that of the host, and the sender's stays.
        let spec = json!({
            "type": "NodePort", "externalTrafficPolicy": "Local", "ports": outside,
            "publishNotReadyAddresses": true, "selector": instance(service),
        });
        objects.push(service_object(cx, service, &format!("{}-outside", service.name), &spec));
    }
    objects.push(policy(cx, service)?);
    Ok(objects)
}

fn service_object(cx: &Cx<'_>, service: &Service, name: &str, spec: &Value) -> Value {
    json!({ "apiVersion": "v1", "kind": "Service", "metadata": cx.meta(service, name), "spec": spec })
}

fn port_name(listener: &Listener, transport: Transport) -> String {
    match listener.transports.len() {
        0 | 1 => listener.interface.clone(),
        _ => format!("{}-{}", listener.interface, transport.word()),
    }
}

/// The ports of a pod, each once: interfaces may share one.
fn inside(service: &Service) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    let mut ports = Vec::new();
    for listener in service.listeners.iter().filter(|listener| listener.exposure != Exposure::Loopback) {
        let Some(port) = listener.container_port else { continue };
        for transport in listener.transports.iter().filter(|transport| seen.insert((port, **transport))) {
            ports.push(json!({
                "name": port_name(listener, *transport), "port": port, "targetPort": port,
                "protocol": protocol(*transport),
            }));
        }
    }
    ports
}

/// The ports on the workers.
fn outside(service: &Service) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    let mut ports = Vec::new();
    for listener in service.listeners.iter().filter(|listener| listener.publish.is_some()) {
        let (Some(port), Some(target)) = (listener.port, listener.container_port) else { continue };
        for transport in listener.transports.iter().filter(|transport| seen.insert((port, **transport))) {
            ports.push(json!({
                "name": port_name(listener, *transport), "nodePort": port, "port": port,
                "targetPort": target, "protocol": protocol(*transport),
            }));
        }
    }
    ports
}

fn policy(cx: &Cx<'_>, service: &Service) -> Result<Value, EmitError> {
    let spec = some([
        ("egress", egress(cx, service).rules("to").into()),
        ("ingress", ingress(cx, service)?.rules("from").into()),
        ("podSelector", selector(&service.name)),
        ("policyTypes", json!(["Egress", "Ingress"])),
    ]);
    Ok(json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": cx.meta(service, &service.name), "spec": spec,
    }))
}

fn ingress(cx: &Cx<'_>, service: &Service) -> Result<Edges, EmitError> {
    let topology = &cx.plan.topology;
    let mut edges = Edges::default();
    for listener in &service.listeners {
        let Some(port) = listener.container_port else { continue };
        let ports = || listener.transports.iter().map(|transport| (port, *transport));
        match listener.exposure {
            Exposure::Public => edges.add(ports(), &[Peer::Anyone]),
            Exposure::Loopback | Exposure::Private => {}
            Exposure::Peers => {
                for host in
                    topology.hosts.ids().filter(|host| topology.access(service.id, listener).lets_in(*host))
                {
                    edges.add(ports(), &sources(cx, service, host, None)?);
                }
                match &topology.peering {
                    Some(peering) => {
                        for peer in peering.peers_of(service.id) {
                            let host = topology.services[peer.service].host;
                            edges.add(ports(), &sources(cx, service, host, Some(peer.service))?);
                        }
                    }
                    None => edges.add(ports(), &[Peer::Everybody]),
                }
            }
        }
        for (_, consumer) in topology.consumers(service.id).filter(|(name, _)| *name == listener.interface) {
            let host = topology.services[consumer].host;
            edges.add(ports(), &sources(cx, service, host, Some(consumer))?);
        }
    }
    Ok(edges)
}

/// How connections of a service of another host look: its pods, or the addresses of that host.
fn sources(cx: &Cx<'_>, to: &Service, from: HostId, by: Option<ServiceId>) -> Result<Vec<Peer>, EmitError> {
    let topology = &cx.plan.topology;
    let host = &topology.hosts[from];
    if host.shares_cluster(cx.host(to)) {
        return Ok(by.map(|id| Peer::Pods(topology.services[id].name.clone())).into_iter().collect());
    }
    let known = addresses(host);
    if known.is_empty() {
        return Err(EmitError::unsupported(
            host.address_origin,
            format!("the policy of `{}` needs an IP address of host `{}`", to.name, host.name),
            "give the host an IP address, or a `private-address` by which it reaches the others",
        ));
    }
    Ok(known)
}

fn addresses(host: &Host) -> Vec<Peer> {
    let all = std::iter::once(&host.address).chain(&host.private_address);
    all.filter_map(|text| text.parse::<IpAddr>().ok()).map(single).collect()
}

/// The block of one address.
fn single(address: IpAddr) -> Peer {
    Peer::Address(format!("{address}/{}", if address.is_ipv4() { 32 } else { 128 }))
}

fn egress(cx: &Cx<'_>, service: &Service) -> Edges {
    let topology = &cx.plan.topology;
    let mut edges = Edges::default();
    let mut reach = |provider: ServiceId, interfaces: &[&str]| {
        let to = &topology.services[provider];
        let host = &topology.hosts[to.host];
        let near = host.shares_cluster(cx.host(service));
        for listener in
            to.listeners.iter().filter(|listener| interfaces.contains(&listener.interface.as_str()))
        {
            let Some(port) = (if near { listener.container_port } else { listener.port }) else { continue };
            let peers = if near { vec![Peer::Pods(to.name.clone())] } else { destinations(host) };
            edges.add(listener.transports.iter().map(|transport| (port, *transport)), &peers);
        }
    };
    for binding in topology.bindings_of(service.id) {
        reach(binding.provider, &[&binding.interface]);
    }
    for peer in topology.peering.iter().flat_map(|peering| peering.peers_of(service.id)) {
        if let Some(link) = &topology.services[peer.service].component.peering {
            let also = link.also.iter().map(String::as_str);
            reach(peer.service, &also.chain([link.interface.as_str()]).collect::<Vec<_>>());
        }
    }
    let closed = topology.peering.as_ref().is_some_and(|peering| peering.is_closed(service));
    let meets = service.listeners.iter().any(|listener| match listener.exposure {
        // What speaks a protocol of the web answers, and calls nobody by itself.
        Exposure::Public => !closed && listener.protocol.is_none(),
        // Where the manifest says who its peers are, they stand above.
        Exposure::Peers => topology.peering.is_none(),
        Exposure::Private | Exposure::Loopback => false,
    });
    if meets {
        // Whom it meets, and at which port, the chain decides.
        edges.0.entry(None).or_default().insert(Peer::Anyone);
    } else {
        for (port, peer) in named(cx, service) {
            edges.add([(port, Transport::Tcp)], &[peer]);
        }
    }
    edges
}

/// A host that is known by name only may be anywhere.
fn destinations(host: &Host) -> Vec<Peer> {
    match host.peer_address().parse::<IpAddr>() {
        Ok(address) => vec![single(address)],
        Err(_) => vec![Peer::Anyone],
    }
}

/// The places elsewhere that the arguments, variables and files of a service name by URL.
fn named(cx: &Cx<'_>, service: &Service) -> BTreeSet<(u16, Peer)> {
    let topology = &cx.plan.topology;
    let run = &cx.plan.runs[service.id];
    let files = run.files.iter().map(|file| &file.text);
    let texts = run.command.iter().chain(run.entrypoint.iter().flatten()).chain(run.environment.values());
    let ours: BTreeSet<&str> = topology
        .hosts
        .iter()
        .flat_map(|host| [host.address.as_str(), host.peer_address()])
        .chain(topology.services.iter().map(|service| service.name.as_str()))
        .chain(["localhost", "127.0.0.1", "0.0.0.0", "::1", "::"])
        .collect();
    let mut found = BTreeSet::new();
    for (host, port) in texts.chain(files).flat_map(|text| endpoints(text)) {
        if ours.contains(host) {
            continue;
        }
        let peer = host.parse::<IpAddr>().map_or(Peer::Anyone, single);
        found.insert((port, peer));
    }
    found
}

/// The hosts and ports of the URLs in a text.
fn endpoints(text: &str) -> Vec<(&str, u16)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("://") {
        let (Some(before), Some(after)) = (text.get(..at), text.get(at + 3..)) else { continue };
        let scheme = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let end = after.find(|c: char| "/?#,;\"'<>|) \t\r\n".contains(c)).unwrap_or(after.len());
        let Some(authority) = after.get(..end) else { continue };
        let authority = authority.rsplit('@').next().unwrap_or(authority);
        let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => authority.rsplit_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
        };
        let usual = match scheme {
            "https" | "wss" => Some(443),
            "http" | "ws" => Some(80),
            _ => None,
        };
        let port = port.map_or(usual, |port| port.parse().ok());
        found.extend(port.filter(|_| !host.is_empty()).map(|port| (host, port)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::endpoints;

    #[test]
    fn urls_give_hosts_and_ports() {
        let of = |text| endpoints(text);
        assert_eq!(of("--relay=https://0xab@relay.example.org"), [("relay.example.org", 443)]);
        assert_eq!(of("a=http://x:8551/path,wss://y/"), [("x", 8551), ("y", 443)]);
        assert_eq!(of("url: \"https://[2001:db8::1]:9000/\""), [("2001:db8::1", 9000)]);
        assert_eq!(of("jdbc:postgresql://db:5432/name"), [("db", 5432)]);
        assert_eq!(of("file:///etc/passwd s3://bucket no url"), []);
        assert_eq!(of("http://:80 https://h:99999"), []);
    }
}
