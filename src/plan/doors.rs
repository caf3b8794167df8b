//! Where services answer requests about their chain, and by which URL they are asked.

use crate::topology::{Access, Publish, Service, ServiceId, Topology};

/// A place where a service answers requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// The interface.
    pub interface: String,
    /// The provider whose language is spoken here: the service itself, or one that it passes requests on to.
    pub speaks: ServiceId,
}

/// Where a service tells how far it is along its chain.
pub fn height_door(service: &Service) -> Option<Door> {
    let interface = service.component.sync.as_ref()?.interface.clone()?;
    Some(Door { interface, speaks: service.id })
}

/// Where a service passes on requests to others that tell how far they are.
pub fn forwarding_door(topology: &Topology, service: &Service) -> Option<Door> {
    service.component.needs.iter().find_map(|(need, facts)| {
        let interface = facts.forwards.clone()?;
        let behind = topology.providers(service.id, need).next()?;
        let asked = height_door(&topology.services[behind])?;
        (asked.interface == *need).then_some(Door { interface, speaks: behind })
    })
}

/// The URL of an interface for who asks on the host of the service itself; `None` where it cannot be
/// asked there.
pub fn own_url(topology: &Topology, service: &Service, interface: &str) -> Option<String> {
    let listener = service.listener(interface)?;
    let address = match &listener.publish {
        Some(Publish::Address(address)) => address.as_str(),
        Some(Publish::Any | Publish::Loopback) => "127.0.0.1",
        None if service.on_host_network(&topology.hosts[service.host]) => "127.0.0.1",
        None => return None,
    };
    url(address, service, interface)
}

/// The URL of an interface for other hosts; `None` where none of them is let in.
pub fn far_url(topology: &Topology, service: &Service, interface: &str) -> Option<String> {
    let listener = service.listener(interface)?;
    let shut = topology.access(service.id, listener) == Access::Nobody;
    (!shut).then(|| url(topology.hosts[service.host].peer_address(), service, interface)).flatten()
}

/// The URL of an interface at an address of the host of its service.
fn url(address: &str, service: &Service, interface: &str) -> Option<String> {
    let listener = service.listener(interface)?;
    let scheme = listener.protocol.as_deref().filter(|scheme| matches!(*scheme, "http" | "https"))?;
    let address = if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
    Some(format!("{scheme}://{address}:{}{}", listener.port?, listener.path))
}
