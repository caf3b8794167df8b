//! Who reaches what: every published port with those who are let in, and the proof that each binding
//! and each peer gets through and nothing private is open to strangers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::interface::Transport;
use crate::manifest::{Exposure, Firewall};
use crate::topology::{Access, Door, HostId, Id as _, Obstacle, Service, ServiceId, Topology};

/// Who reaches what.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Reachability {
    /// What filters packets on the hosts.
    pub firewall: Firewall,
    /// The hosts, in the order of the columns of the matrix.
    pub hosts: Vec<String>,
    /// Published ports, by host, port and transport.
    pub ports: Vec<OpenPort>,
    /// Connections between services, and from peer to peer.
    pub connections: Connections,
    /// What is for the network alone: engine, signer, metrics, admin and database interfaces.
    pub private: Private,
}

/// A published port.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct OpenPort {
    /// The host.
    pub host: String,
    /// The port on the host.
    pub port: u16,
    /// Its transports.
    pub transports: Vec<Transport>,
    /// The service that listens.
    pub service: String,
    /// The interface.
    pub interface: String,
    /// The address it is published on.
    pub address: String,
    /// Who is let in from outside the host.
    pub from: From,
    /// The number of the host among [`Reachability::hosts`].
    #[serde(skip)]
    pub at: usize,
}

/// Who is let in to a port from outside its host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum From {
    /// Nobody.
    Nobody,
    /// Anyone.
    Anyone,
    /// Every host of the network.
    Network,
    /// These hosts.
    Hosts(Vec<String>),
}

/// Connections that the network needs.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Connections {
    /// Bindings whose ends are on one host.
    pub within_hosts: usize,
    /// Bindings between two hosts.
    pub between_hosts: usize,
    /// Pairs of peers that `peering` makes, each direction apart.
    pub peers: usize,
    /// Those that no packet gets through.
    pub blocked: Vec<Blocked>,
}

/// A connection that is not made.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Blocked {
    /// Who connects.
    pub from: String,
    /// The service that it wants.
    pub to: String,
    /// The interface.
    pub interface: String,
    /// What is in the way.
    pub obstacle: Obstacle,
}

/// Interfaces that their components call private.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Private {
    /// How many there are.
    pub interfaces: usize,
    /// Those that strangers are let in to all the same.
    pub exposed: Vec<String>,
    /// Those that are published on every address with nothing but a firewall of somebody else's before them.
    pub on_trust: Vec<String>,
}

/// Every published port with those who are let in, by host, port and transport.
pub fn open_ports(topology: &Topology) -> Vec<OpenPort> {
    ports(topology, &topology.doors())
}

/// Finds who reaches what; linear in the number of ports, bindings and peers.
pub fn reachability(topology: &Topology) -> Reachability {
    let doors = topology.doors();
    Reachability {
        firewall: topology.firewall,
        hosts: topology.hosts.iter().map(|host| host.name.clone()).collect(),
        ports: ports(topology, &doors),
        connections: connections(topology),
        private: private(topology, &doors),
    }
}

fn ports(topology: &Topology, doors: &[Door]) -> Vec<OpenPort> {
    let mut ports: Vec<OpenPort> = Vec::new();
    for door in doors {
        let (host, service) = (&topology.hosts[door.host].name, &topology.services[door.service].name);
        let at = door.host.index();
        let same = |last: &&mut OpenPort| last.service == *service && last.interface == door.interface;
        let here = ports.iter_mut().rev().take_while(|last| last.at == at && last.port == door.port);
        if let Some(last) = here.into_iter().find(same) {
            last.transports.push(door.transport);
            continue;
        }
        let name = |id: &HostId| topology.hosts[*id].name.clone();
        ports.push(OpenPort {
            host: host.clone(),
            port: door.port,
            transports: vec![door.transport],
            service: service.clone(),
            interface: door.interface.clone(),
            address: door.publish.address().to_owned(),
            from: match &door.open_to {
                Access::Nobody => From::Nobody,
                Access::Anyone => From::Anyone,
                Access::Network => From::Network,
                Access::Hosts(hosts) => From::Hosts(hosts.iter().map(name).collect()),
            },
            at,
        });
    }
    ports
}

fn connections(topology: &Topology) -> Connections {
    let name = |id: ServiceId| topology.services[id].name.clone();
    let mut found = Connections::default();
    for binding in &topology.bindings {
        let (from, to) = (&topology.services[binding.consumer], &topology.services[binding.provider]);
        if to.listener(&binding.interface).is_none_or(|listener| listener.port.is_none()) {
            continue;
        }
        if from.host == to.host {
            found.within_hosts += 1;
        } else {
            found.between_hosts += 1;
        }
    }
    found.peers = topology.peering.iter().flat_map(|peering| peering.peers.values()).map(Vec::len).sum();
    found.blocked = topology
        .blocked()
        .into_iter()
        .map(|blocked| Blocked {
            from: name(blocked.from),
            to: name(blocked.to),
            interface: blocked.interface.to_owned(),
            obstacle: blocked.obstacle,
        })
        .collect();
    found
}

fn private(topology: &Topology, doors: &[Door]) -> Private {
    let meant = |service: &Service, interface: &str| {
        let declared = service.component.provides.get(interface).map(|interface| interface.exposure);
        matches!(declared, Some(Exposure::Private | Exposure::Loopback))
    };
    let named = |door: &Door| {
        let (host, service) = (&topology.hosts[door.host], &topology.services[door.service]);
        format!("{} of {} on {}:{}", door.interface, service.name, host.name, door.port)
    };
    let is_private = |door: &&Door| meant(&topology.services[door.service], &door.interface);
    let strangers = |door: &&Door| matches!(door.open_to, Access::Anyone | Access::Network);
    let mut exposed: Vec<String> = doors.iter().filter(is_private).filter(strangers).map(named).collect();
    let trusted = topology.on_trust(doors);
    let mut on_trust: Vec<String> =
        trusted.into_iter().filter(|door| is_private(door) && !strangers(door)).map(named).collect();
    // One line for both transports of a port.
    exposed.dedup();
    on_trust.dedup();
    Private {
        interfaces: topology
            .services
            .iter()
            .flat_map(|service| service.listeners.iter().map(move |listener| (service, listener)))
            .filter(|(service, listener)| listener.port.is_some() && meant(service, &listener.interface))
            .count(),
        exposed,
        on_trust,
    }
}
