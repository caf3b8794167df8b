//! Who can open a connection to what: the published ports of every host, and the proof that each
//! binding and each peer gets through.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::endpoints::Access;
use super::ids::{HostId, ServiceId};
use super::ir::{Binding, Listener, Publish, Topology};
use crate::catalog::interface::Transport;
use crate::manifest::Exposure;

/// A published port of a host.
#[derive(Clone, Debug)]
pub struct Door {
    /// Where.
    pub host: HostId,
    /// Who listens.
    pub service: ServiceId,
    /// The interface.
    pub interface: String,
    /// The port on the host.
    pub port: u16,
    /// The transport.
    pub transport: Transport,
    /// Who should be able to reach it.
    pub exposure: Exposure,
    /// The address it is published on.
    pub publish: Publish,
    /// Whether the packets are forwarded into a container.
    pub forwarded: bool,
    /// Who gets through the firewall.
    pub open_to: Access,
}

/// Why a connection would not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Obstacle {
    /// The port is not published on an address that the other host reaches.
    NotPublished,
    /// The firewall of the provider's host does not let the consumer's host in.
    Filtered,
}

impl Topology {
    /// Every published port, by host, port and transport.
    pub fn doors(&self) -> Vec<Door> {
        self.hosts.iter().flat_map(|host| self.doors_of(host.id)).collect()
    }

    fn doors_of(&self, host: HostId) -> Vec<Door> {
        let mut doors = Vec::new();
        for id in &self.hosts[host].services {
            let service = &self.services[*id];
            for listener in &service.listeners {
                let (Some(port), Some(publish)) = (listener.port, &listener.publish) else { continue };
                let open_to = self.access(*id, listener);
                for transport in &listener.transports {
                    doors.push(Door {
                        host,
                        service: *id,
                        interface: listener.interface.clone(),
                        port,
                        transport: *transport,
                        exposure: listener.exposure,
                        publish: publish.clone(),
                        forwarded: !service.on_host_network(&self.hosts[host]),
                        open_to: open_to.clone(),
                    });
                }
            }
        }
        doors.sort_by_key(|door| (door.port, door.transport, door.service));
        doors
    }

    /// Ports that only somebody else's firewall keeps from strangers.
    pub fn on_trust<'a>(&self, doors: &'a [Door]) -> Vec<&'a Door> {
        if self.firewall.is_ours() {
            return Vec::new();
        }
        doors.iter().filter(|door| door.publish == Publish::Any && door.open_to != Access::Anyone).collect()
    }
}

/// A connection that no packet gets through.
#[derive(Clone, Copy, Debug)]
pub struct Blocked<'t> {
    /// Who connects.
    pub from: ServiceId,
    /// The service that it wants.
    pub to: ServiceId,
    /// The interface.
    pub interface: &'t str,
    /// What is in the way.
    pub obstacle: Obstacle,
    /// The binding; `None` where `peering` makes them peers.
    pub binding: Option<&'t Binding>,
}

impl Topology {
    /// Every binding, and every pair of peers, that is not made; linear in their number.
    pub fn blocked(&self) -> Vec<Blocked<'_>> {
        let mut prover = Prover { topology: self, access: BTreeMap::new() };
        let mut blocked = Vec::new();
        for binding in &self.bindings {
            if let Some(obstacle) = prover.binding(binding) {
                let (from, to) = (binding.consumer, binding.provider);
                let interface = binding.interface.as_str();
                blocked.push(Blocked { from, to, interface, obstacle, binding: Some(binding) });
            }
        }
        for (from, peers) in self.peering.iter().flat_map(|peering| &peering.peers) {
            for to in peers.iter().map(|peer| peer.service) {
                if let Some((interface, obstacle)) = prover.peer(*from, to) {
                    blocked.push(Blocked { from: *from, to, interface, obstacle, binding: None });
                }
            }
        }
        blocked
    }
}

/// Proves connections. Who is let in to an interface is found once, however many use it.
struct Prover<'t> {
    topology: &'t Topology,
    access: BTreeMap<(ServiceId, &'t str), Access>,
}

impl<'t> Prover<'t> {
    /// What keeps a binding from working; `None` where it gets through, or needs no connection.
    fn binding(&mut self, binding: &Binding) -> Option<Obstacle> {
        let topology = self.topology;
        let (from, to) = (&topology.services[binding.consumer], &topology.services[binding.provider]);
        let listener = to.listener(&binding.interface)?;
        listener.port?;
        let (from_host, to_host) = (&topology.hosts[from.host], &topology.hosts[to.host]);
        if from_host.shares_cluster(to_host) {
            return None;
        }
        if from.host == to.host {
            let by_network = !from.on_host_network(from_host) && !to.on_host_network(to_host);
            let published = listener.publish.is_some();
            return (!by_network && !published).then_some(Obstacle::NotPublished);
        }
        self.across(to.id, listener, from.host)
    }

    /// What keeps a service from a peer that it is given by address and port, and at which interface.
    fn peer(&mut self, from: ServiceId, to: ServiceId) -> Option<(&'t str, Obstacle)> {
        let topology = self.topology;
        let (from, to) = (&topology.services[from], &topology.services[to]);
        let link = to.component.peering.as_ref()?;
        let listener = to.listener(&link.interface)?;
        listener.port?;
        if topology.hosts[from.host].shares_cluster(&topology.hosts[to.host]) {
            return None;
        }
        if from.host == to.host {
            let open = matches!(listener.publish, Some(Publish::Any | Publish::Address(_)));
            return (!open).then_some((link.interface.as_str(), Obstacle::NotPublished));
        }
        Some((link.interface.as_str(), self.across(to.id, listener, from.host)?))
    }

    fn across(&mut self, service: ServiceId, listener: &'t Listener, from: HostId) -> Option<Obstacle> {
        let topology = self.topology;
        let host = &topology.hosts[topology.services[service].host];
        let reached = match &listener.publish {
            Some(Publish::Any) => true,
            Some(Publish::Address(address)) => *address == host.peer_address(),
            Some(Publish::Loopback) | None => false,
        };
        if !reached {
            return Some(Obstacle::NotPublished);
        }
        let key = (service, listener.interface.as_str());
        let access = self.access.entry(key).or_insert_with(|| topology.access(service, listener));
        (!access.lets_in(from)).then_some(Obstacle::Filtered)
    }
}
