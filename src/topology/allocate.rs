//! Ports that the manifest does not give: by the policy of the network, and never two on one address.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::ir::{Listener, PortSource, Publish, Service};
use super::resolve::{Context, Tables};
use super::{HostId, RegionId, ServiceId};
use crate::catalog::component::Component;
use crate::catalog::interface::Transport;
use crate::diag::{Diagnostic, codes};
use crate::manifest::{Ports, Runtime};
use crate::text::Spanned;

/// The ports that a cluster publishes on its workers, where it is not told otherwise
/// (`--service-node-port-range` of its API server).
pub const NODE_PORTS: RangeInclusive<u16> = 30_000..=32_767;

/// Ports that were given before, by host, service and interface. A service that moves to another host
/// is new there.
pub type GivenPorts = BTreeMap<String, BTreeMap<String, BTreeMap<String, Spanned<u16>>>>;

/// Gives every published port that the manifest does not give.
pub(super) fn ports(cx: &mut Context<'_>, tables: &mut Tables) {
    match cx.manifest.ports.as_ref().map(|ports| ports.value).unwrap_or_default() {
        Ports::Fixed => {}
        Ports::HostBlock { stride } => host_blocks(cx, tables, stride),
        Ports::Stable => {
            for space in spaces(tables) {
                stable(cx, tables, &space);
            }
        }
    }
}

/// Moves the ports of each node by the block of its host and its own place in that block.
fn host_blocks(cx: &mut Context<'_>, tables: &mut Tables, stride: u16) {
    let span = cx.manifest.ports.as_ref().map(|ports| ports.span).unwrap_or_else(crate::text::Span::nowhere);
    // The place in the manifest counts, not the name: a host that is added at the end moves nobody.
    let place: BTreeMap<&str, usize> =
        cx.manifest.hosts.keys().enumerate().map(|(at, name)| (name.value.as_str(), at)).collect();
    let mut on_host: BTreeMap<HostId, usize> = BTreeMap::new();
    // Nodes are sorted by name.
    let nodes: Vec<_> =
        tables.nodes.iter().map(|node| (node.host, node.services.clone(), node.origin)).collect();
    for (host, services, origin) in nodes {
        let index = on_host.entry(host).or_default();
        let (at, node) = (place.get(tables.hosts[host].name.as_str()).copied().unwrap_or(0), *index);
        *index += 1;
        if node >= usize::from(stride) {
            cx.sink.push(
                Diagnostic::new(
                    &codes::PORT_RANGE,
                    origin,
                    format!("host `{}` has more nodes than its block has ports", tables.hosts[host].name),
                )
                .here(format!("node {} of the host", node + 1))
                .label(span, format!("blocks are {stride} ports wide"))
                .help("make `stride` larger, or spread the nodes over more hosts"),
            );
            continue;
        }
        let offset = at * usize::from(stride) + node;
        for id in services {
            let Some(service) = tables.services.get_mut(id) else { continue };
            let (name, component) = (service.name.clone(), service.component.clone());
            for listener in &mut service.listeners {
                let Some(base) = listener.port else { continue };
                let Some(port) = u16::try_from(usize::from(base) + offset).ok() else {
                    cx.sink.push(
                        Diagnostic::new(
                            &codes::PORT_RANGE,
                            if listener.port_origin.is_somewhere() { listener.port_origin } else { origin },
                            format!("the port of `{}` of `{name}` leaves the range", listener.interface),
                        )
                        .here(format!("{base} + {at} x {stride} + {node} is above 65535"))
                        .label(span, "the policy is set here")
                        .help("give a lower base port, or a smaller `stride`"),
                    );
                    continue;
                };
                give(&component, listener, port, PortSource::Block);
            }
        }
    }
}

/// Who has a port of a host, and on which address.
type Holder = (Option<ServiceId>, Publish);

/// Who listens where on one host.
#[derive(Default)]
struct Taken {
    /// On the addresses of the host. Nobody of ours is sshd.
    host: BTreeMap<(u16, Transport), Vec<Holder>>,
    /// Inside each service, which may have a network of its own: the place of the listener.
    inside: BTreeMap<(ServiceId, u16, Transport), usize>,
}

/// What asks for a port: interfaces of one service that share their base port move together.
struct Claim {
    service: ServiceId,
    base: u16,
    interfaces: Vec<usize>,
    publish: Publish,
    transports: Vec<Transport>,
}

/// Where a port can be given once: one host, or all workers of a cluster, which have one set of ports.
struct Space {
    hosts: Vec<HostId>,
    cluster: bool,
}

impl Space {
    /// The ports that are tried for who would like `base`, in that order.
    fn candidates(&self, base: u16, from: u16) -> Box<dyn Iterator<Item = u16>> {
        if !self.cluster {
            return Box::new((from..=u16::MAX).chain((1024..base).rev()));
        }
        let (first, last) = (*NODE_PORTS.start(), *NODE_PORTS.end());
        // What lies outside the range is mapped into it, so that different wishes seldom meet.
        let start = if NODE_PORTS.contains(&base) { base } else { first + base % (last - first + 1) };
        Box::new((start..=last).chain(first..start))
    }

    fn may_have(&self, port: u16) -> bool {
        !self.cluster || NODE_PORTS.contains(&port)
    }
}

fn spaces(tables: &Tables) -> Vec<Space> {
    let mut spaces = Vec::new();
    let mut clusters: BTreeMap<Option<RegionId>, Vec<HostId>> = BTreeMap::new();
    for host in &tables.hosts {
        if host.runtime == Runtime::Kubernetes {
            clusters.entry(host.region).or_default().push(host.id);
        } else {
            spaces.push(Space { hosts: vec![host.id], cluster: false });
        }
    }
    spaces.extend(clusters.into_values().map(|hosts| Space { hosts, cluster: true }));
    spaces
}

fn stable(cx: &mut Context<'_>, tables: &mut Tables, space: &Space) {
    let hosts = || space.hosts.iter().map(|id| &tables.hosts[*id]);
    let ids: Vec<ServiceId> = hosts().flat_map(|host| host.services.iter().copied()).collect();
    let mut taken = Taken::default();
    // No port of a cluster is one of sshd.
    for host in hosts().filter(|_| !space.cluster) {
        taken.host.insert((host.ssh_port, Transport::Tcp), vec![(None, Publish::Any)]);
    }
    let mut claims = Vec::new();
    for id in ids {
        claims.extend(claims_of(&tables.services[id], &mut taken));
    }
    // Ports that were given before come first: nothing that is new may push them away.
    let given = |claim: &Claim| {
        let service = &tables.services[claim.service];
        let ports = cx.given_ports.get(&tables.hosts[service.host].name)?.get(&service.name)?;
        claim.interfaces.iter().find_map(|at| ports.get(&service.listeners.get(*at)?.interface).cloned())
    };
    let (known, new): (Vec<_>, Vec<_>) =
        claims.into_iter().map(|claim| (given(&claim), claim)).partition(|(port, _)| port.is_some());
    let mut decided: Vec<(Claim, u16, PortSource)> = Vec::new();
    for (port, claim) in known {
        let Some(port) = port else { continue };
        taken.occupy(&claim, port.value);
        decided.push((claim, port.value, PortSource::Lock(port.span)));
    }
    // Nobody is moved to a port that another one wants from the start.
    let mut moved = Vec::new();
    for (_, claim) in new {
        if space.may_have(claim.base) && taken.is_free(&tables.services[claim.service], &claim, claim.base) {
            taken.occupy(&claim, claim.base);
            let base = claim.base;
            decided.push((claim, base, PortSource::Default));
        } else {
            moved.push(claim);
        }
    }
    // From a base port on, everything below this is taken.
    let mut next: BTreeMap<u16, u16> = BTreeMap::new();
    for claim in moved {
        let from = next.get(&claim.base).copied().unwrap_or(claim.base);
        let service = &tables.services[claim.service];
        let found = space.candidates(claim.base, from).find(|port| taken.is_free(service, &claim, *port));
        let Some(port) = found else {
            cx.sink.push(
                Diagnostic::new(
                    &codes::PORT_RANGE,
                    service.origin,
                    format!(
                        "host `{}` has no free port left for `{}`",
                        tables.hosts[service.host].name, service.name
                    ),
                )
                .here(format!("wants {} or another", claim.base))
                .help(if space.cluster {
                    "put it into another region; every port from 30000 to 32767 of this cluster is taken"
                } else {
                    "give it another host; every port from 1024 to 65535 of this one is taken"
                }),
            );
            continue;
        };
        // Who listens everywhere leaves nothing below for the next one that wants the same.
        if !space.cluster && port > claim.base && claim.publish == Publish::Any {
            next.insert(claim.base, port);
        }
        taken.occupy(&claim, port);
        let source = PortSource::Next(claim.base);
        decided.push((claim, port, source));
    }
    for (claim, port, source) in decided {
        let Some(service) = tables.services.get_mut(claim.service) else { continue };
        let component = service.component.clone();
        for at in claim.interfaces {
            if let Some(listener) = service.listeners.get_mut(at) {
                give(&component, listener, port, source);
            }
        }
    }
}

/// The claims of a service; what is not given here is taken at once.
fn claims_of(service: &Service, taken: &mut Taken) -> Vec<Claim> {
    let mut claims: BTreeMap<u16, Claim> = BTreeMap::new();
    for (at, listener) in service.listeners.iter().enumerate() {
        let claimed = match (listener.port, &listener.publish) {
            (Some(port), Some(publish)) if listener.port_source != PortSource::Manifest => {
                Some((port, publish))
            }
            (Some(port), Some(publish)) => {
                for transport in &listener.transports {
                    let who = (Some(service.id), publish.clone());
                    taken.host.entry((port, *transport)).or_default().push(who);
                }
                None
            }
            _ => None,
        };
        let Some((port, publish)) = claimed else {
            for transport in &listener.transports {
                for port in [listener.port, listener.container_port].into_iter().flatten() {
                    taken.inside.entry((service.id, port, *transport)).or_insert(at);
                }
            }
            continue;
        };
        let claim = claims.entry(port).or_insert_with(|| Claim {
            service: service.id,
            base: port,
            interfaces: Vec::new(),
            publish: publish.clone(),
            transports: Vec::new(),
        });
        // Of two addresses, the port must be free on both.
        if claim.publish != *publish {
            claim.publish = Publish::Any;
        }
        claim.interfaces.push(at);
        claim.transports.extend(&listener.transports);
    }
    claims.into_values().collect()
}

impl Taken {
    fn is_free(&self, service: &Service, claim: &Claim, port: u16) -> bool {
        let beside = |other: usize| {
            let other = service.listeners.get(other);
            let mine = claim.interfaces.iter().filter_map(|at| service.listeners.get(*at));
            other.is_none_or(|other| mine.into_iter().all(|mine| service.may_share_port(mine, other)))
        };
        claim.transports.iter().all(|transport| {
            let of_others =
                |(owner, publish): &Holder| *owner == Some(claim.service) || !publish.meets(&claim.publish);
            self.inside.get(&(claim.service, port, *transport)).is_none_or(|other| beside(*other))
                && self.host.get(&(port, *transport)).is_none_or(|others| others.iter().all(of_others))
        })
    }

    fn occupy(&mut self, claim: &Claim, port: u16) {
        let first = claim.interfaces.first().copied().unwrap_or_default();
        for transport in &claim.transports {
            let who = (Some(claim.service), claim.publish.clone());
            self.host.entry((port, *transport)).or_default().push(who);
            self.inside.entry((claim.service, port, *transport)).or_insert(first);
        }
    }
}

fn give(component: &Component, listener: &mut Listener, port: u16, source: PortSource) {
    // A program that cannot be told another port keeps its own inside the container.
    let fixed = component.provides.get(&listener.interface).is_some_and(|interface| interface.fixed_port);
    if !fixed {
        listener.container_port = Some(port);
    }
    listener.port = Some(port);
    listener.port_source = source;
    if let PortSource::Lock(span) = source {
        listener.port_origin = span;
    }
}
