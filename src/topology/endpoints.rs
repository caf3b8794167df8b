//! By which address one service reaches another, and which doors that opens.

use std::collections::{BTreeMap, BTreeSet};

use super::ids::{HostId, ServiceId};
use super::ir::{Listener, Publish, Topology};
use crate::catalog::component::Run;
use crate::catalog::interface::Transport;
use crate::manifest::Exposure;

/// The name by which a container reaches its own host.
pub const HOST_GATEWAY: &str = "host.docker.internal";

/// An address to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Host name or IP address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The scheme, `tcp` where the interface names none.
    pub scheme: String,
    /// The path of the interface; empty or with a leading slash.
    pub path: String,
}

impl Endpoint {
    /// `host:port`, with brackets around an IPv6 address.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// `scheme://host:port`, without the path.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.authority())
    }
}

/// What must be true of a provider before a consumer starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// It has started.
    Started,
    /// Its health check passes.
    Healthy,
    /// It has ended without error.
    Completed,
}

/// Who is let in to a listener from outside its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nobody.
    Nobody,
    /// Anyone.
    Anyone,
    /// Every host of the network.
    Network,
    /// These hosts of the network.
    Hosts(BTreeSet<HostId>),
}

impl Access {
    /// Whether another host of the network is let in.
    pub fn lets_in(&self, host: HostId) -> bool {
        match self {
            Self::Nobody => false,
            Self::Anyone | Self::Network => true,
            Self::Hosts(hosts) => hosts.contains(&host),
        }
    }
}

/// Who may open connections to a port of a host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sources {
    /// Anyone.
    Any,
    /// These hosts of the network.
    Hosts(BTreeSet<HostId>),
}

/// A port of a host that others may connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The service that listens.
    pub service: ServiceId,
    /// The interface.
    pub interface: String,
    /// The port on the host.
    pub port: u16,
    /// The transport.
    pub transport: Transport,
    /// From where.
    pub sources: Sources,
}

impl Topology {
    /// The address at which `consumer` reaches an interface of `provider`.
    ///
    /// `None` where the interface is no socket, or where the provider does not publish it to the
    /// consumer's host.
    pub fn endpoint(&self, consumer: ServiceId, provider: ServiceId, interface: &str) -> Option<Endpoint> {
        let (from, to) = (&self.services[consumer], &self.services[provider]);
        let listener = to.listener(interface)?;
        let (from_host, to_host) = (&self.hosts[from.host], &self.hosts[to.host]);
        let (host, port) = if from_host.shares_cluster(to_host) {
            // The name of the service in its namespace, which a cluster resolves for every pod.
            (to.name.clone(), listener.container_port?)
        } else if from.host != to.host {
            (to_host.peer_address().to_owned(), listener.port?)
        } else if from.on_host_network(from_host) {
            // What listens at the address for other hosts does not listen at that for its own.
            let address = match &listener.publish {
                Some(Publish::Address(address)) => address.as_str(),
                Some(Publish::Any | Publish::Loopback) | None => "127.0.0.1",
            };
            (address.to_owned(), listener.port?)
        } else if to.on_host_network(to_host) {
            (HOST_GATEWAY.to_owned(), listener.port?)
        } else {
            (to.name.clone(), listener.container_port?)
        };
        let scheme = listener.protocol.clone().unwrap_or_else(|| "tcp".to_owned());
        Some(Endpoint { host, port, scheme, path: listener.path.clone() })
    }

    /// The providers of one need of a service, in fallback order.
    pub fn providers<'a>(
        &'a self,
        consumer: ServiceId,
        interface: &'a str,
    ) -> impl Iterator<Item = ServiceId> + 'a {
        let from =
            self.bindings.partition_point(|b| (b.consumer, b.interface.as_str()) < (consumer, interface));
        self.bindings
            .iter()
            .skip(from)
            .take_while(move |b| b.consumer == consumer && b.interface == interface)
            .map(|b| b.provider)
    }

    /// Services of the same host that must be up before `service` starts, and what "up" means.
    pub fn start_after(&self, service: ServiceId) -> BTreeMap<ServiceId, Condition> {
        let host = self.services[service].host;
        let from = self.bindings.partition_point(|b| b.consumer < service);
        self.bindings
            .iter()
            .skip(from)
            .take_while(|b| b.consumer == service)
            .filter(|b| b.wait && b.order == 0 && b.provider != service)
            .filter(|b| self.services[b.provider].host == host)
            .map(|b| (b.provider, self.condition(b.provider)))
            .collect()
    }

    fn condition(&self, provider: ServiceId) -> Condition {
        let component = &self.services[provider].component;
        match (component.run, &component.healthcheck) {
            (Run::Job, _) => Condition::Completed,
            (Run::Service, Some(_)) => Condition::Healthy,
            (Run::Service, None) => Condition::Started,
        }
    }

    /// Every port of a host that others may connect to, by port, transport and service.
    pub fn openings(&self, host: HostId) -> Vec<Opening> {
        let mut openings = Vec::new();
        for id in &self.hosts[host].services {
            for listener in &self.services[*id].listeners {
                let (Some(port), Some(sources)) = (listener.port, self.openings_of(*id, listener)) else {
                    continue;
                };
                for transport in &listener.transports {
                    openings.push(Opening {
                        service: *id,
                        interface: listener.interface.clone(),
                        port,
                        transport: *transport,
                        sources: sources.clone(),
                    });
                }
            }
        }
        openings.sort_by_key(|a| (a.port, a.transport, a.service));
        openings
    }

    /// From where a listener must be let in; `None` where nobody comes from outside its host.
    fn openings_of(&self, service: ServiceId, listener: &Listener) -> Option<Sources> {
        let home = self.services[service].host;
        match self.access(service, listener) {
            Access::Nobody => None,
            Access::Anyone => Some(Sources::Any),
            Access::Network => Some(self.hosts.ids().filter(|host| *host != home).collect::<BTreeSet<_>>())
                .filter(|hosts| !hosts.is_empty())
                .map(Sources::Hosts),
            Access::Hosts(hosts) => Some(Sources::Hosts(hosts)),
        }
    }

    /// Who is let in to a listener from outside its host.
    pub fn access(&self, service: ServiceId, listener: &Listener) -> Access {
        let hosts = match (&listener.publish, listener.exposure) {
            (None | Some(Publish::Loopback), _) | (_, Exposure::Loopback) => return Access::Nobody,
            (_, Exposure::Public) => return Access::Anyone,
            (_, Exposure::Peers) => match self.peer_hosts(service, listener) {
                Some(hosts) => hosts,
                None => return Access::Network,
            },
            (_, Exposure::Private) => self.remote_consumers(service, listener),
        };
        if hosts.is_empty() { Access::Nobody } else { Access::Hosts(hosts) }
    }

    /// The hosts of exactly the peers where `peering` says who they are; else `None`.
    fn peer_hosts(&self, id: ServiceId, listener: &Listener) -> Option<BTreeSet<HostId>> {
        let service = &self.services[id];
        let link = service.component.peering.as_ref();
        let of_link = link.is_some_and(|link| {
            listener.interface == link.interface || link.also.contains(&listener.interface)
        });
        let peering = self.peering.as_ref().filter(|_| of_link)?;
        let hosts = peering.peers_of(id).iter().map(|peer| self.services[peer.service].host);
        Some(hosts.filter(|host| *host != service.host).collect())
    }

    fn remote_consumers(&self, provider: ServiceId, listener: &Listener) -> BTreeSet<HostId> {
        let home = self.services[provider].host;
        self.consumers(provider)
            .filter(|(interface, _)| *interface == listener.interface)
            .map(|(_, consumer)| self.services[consumer].host)
            .filter(|host| *host != home)
            .collect()
    }
}
