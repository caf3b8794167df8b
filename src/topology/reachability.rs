//! Who can open a connection to what: the published ports of every host, and the proof that each
//! binding gets through and nothing private is open to strangers.

use std::collections::BTreeSet;

use serde::Serialize;

use super::endpoints::Sources;
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
    /// Who gets through the firewall; empty: nobody but the host itself.
    pub open_to: Sources,
}

/// Why a binding would not get through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Obstacle {
    /// The port is not published on an address that the consumer's host reaches.
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
                let open_to = self.openings_of(*id, listener);
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
                        open_to: open_to.clone().unwrap_or(Sources::Hosts(BTreeSet::new())),
                    });
                }
            }
        }
        doors.sort_by_key(|door| (door.port, door.transport, door.service));
        doors
    }

    /// What keeps a binding from working; `None` where it gets through, or needs no connection.
    pub fn obstacle(&self, binding: &Binding) -> Option<Obstacle> {
        let (from, to) = (&self.services[binding.consumer], &self.services[binding.provider]);
        let listener = to.listener(&binding.interface)?;
        listener.port?;
        let (from_host, to_host) = (&self.hosts[from.host], &self.hosts[to.host]);
        if from.host == to.host {
            let by_network = !from.on_host_network(from_host) && !to.on_host_network(to_host);
            let published = listener.publish.is_some();
            return (!by_network && !published).then_some(Obstacle::NotPublished);
        }
        let reached = match &listener.publish {
            Some(Publish::Any) => true,
            Some(Publish::Address(address)) => *address == to_host.peer_address(),
            Some(Publish::Loopback) | None => false,
        };
        if !reached {
            return Some(Obstacle::NotPublished);
        }
        (!self.lets_in(binding.provider, listener, from.host)).then_some(Obstacle::Filtered)
    }

    fn lets_in(&self, service: ServiceId, listener: &Listener, from: HostId) -> bool {
        let mut openings = self.openings_of(service, listener).into_iter();
        openings.any(|sources| match sources {
            Sources::Any => true,
            Sources::Hosts(hosts) => hosts.contains(&from),
        })
    }

    /// Ports that only somebody else's firewall keeps from strangers.
    pub fn on_trust<'a>(&self, doors: &'a [Door]) -> Vec<&'a Door> {
        if self.firewall.is_ours() {
            return Vec::new();
        }
        doors.iter().filter(|door| door.publish == Publish::Any && door.open_to != Sources::Any).collect()
    }
}
