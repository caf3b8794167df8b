//! What the page shows: short, for hundreds of hosts. Hosts, services, images and groups of hosts stand in
//! lists once, and others name them by their place there.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;
use serde_json::Value;

use super::boards::{Board, Shown, shown};
use super::read::{self, ByName, Network, Word};
use crate::analyze::reachability::{From, OpenPort};
use crate::catalog::chain::Consensus;
use crate::catalog::interface::Transport;
use crate::diff::Diff;
use crate::hashed::HashMap;
use crate::model::{AlertFacts, NeedFacts, Survives};

/// The data of the page, but for the dashboards and what is otherwise than elsewhere.
#[derive(Serialize)]
pub(super) struct Data<'a> {
    network: About<'a>,
    regions: Vec<Region<'a>>,
    hosts: Vec<Host<'a>>,
    nodes: Vec<Node<'a>>,
    services: Vec<Service<'a>>,
    /// Name and digest.
    images: Vec<(&'a str, &'a str)>,
    ports: Vec<Port<'a>>,
    /// Who is let in to ports: a word, or hosts.
    access: Vec<Access<'a>>,
    alerts: &'a [AlertFacts],
    survives: &'a [Survives],
    needs: &'a [NeedFacts],
}

/// The rest of it.
#[derive(Serialize)]
pub(super) struct Rest<'a> {
    boards: Vec<Shown<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<&'a Diff>,
}

#[derive(Serialize)]
struct About<'a> {
    name: &'a str,
    environment: &'a str,
    chain: &'a str,
    consensus: Consensus,
}

#[derive(Serialize)]
struct Region<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    provider: &'a str,
}

/// A host; what is empty is not said.
#[derive(Serialize)]
struct Host<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    region: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    provider: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    rack: &'a str,
    address: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    private: &'a str,
    architecture: &'a str,
    runtime: &'a str,
    #[serde(skip_serializing_if = "Value::is_null")]
    cpus: &'a Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    memory: &'a Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    disk: &'a Value,
}

#[derive(Serialize)]
struct Node<'a> {
    name: &'a str,
    role: &'a str,
    #[serde(skip_serializing_if = "Value::is_null")]
    power: &'a Value,
}

#[derive(Serialize)]
struct Service<'a> {
    name: &'a str,
    component: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    version: &'a str,
    /// Its place among the hosts.
    host: Option<usize>,
    /// Its place among the nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<usize>,
    /// Its place among the images.
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<usize>,
    #[serde(skip_serializing_if = "Value::is_null")]
    cpus: &'a Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    memory: &'a Value,
    /// Does its work once, before others start.
    #[serde(skip_serializing_if = "is_false")]
    job: bool,
    /// Signs for validators.
    #[serde(skip_serializing_if = "is_false")]
    signs: bool,
    /// Names, sizes, and whether they are saved.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    volumes: Vec<(&'a str, &'a str, bool)>,
    /// Interface, place of the provider among the services, address, and whether it waits for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    uses: Vec<(&'a str, usize, &'a str, bool)>,
}

#[derive(Serialize)]
struct Port<'a> {
    host: Option<usize>,
    port: u16,
    transport: &'a [Transport],
    service: Option<usize>,
    interface: &'a str,
    address: &'a str,
    /// The place among those who are let in.
    from: usize,
}

/// Who is let in.
#[derive(PartialEq, Eq, PartialOrd, Ord, Clone, Serialize)]
#[serde(untagged)]
enum Access<'a> {
    Word(&'static str),
    Hosts(Vec<&'a str>),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// The place of each name.
fn places<'a, T>(parts: &'a ByName<'_, T>) -> HashMap<&'a str, usize> {
    parts.keys().map(|name| &**name).zip(0..).collect()
}

impl<'a> Data<'a> {
    pub(super) fn of(network: &'a Network<'_>) -> Self {
        let values = &network.values;
        let names = Names {
            hosts: places(&values.hosts),
            nodes: places(&values.nodes),
            services: places(&values.services),
        };
        let mut images: BTreeMap<(&str, &str), usize> =
            values.services.values().filter_map(|service| image(service)).map(|image| (image, 0)).collect();
        images.values_mut().zip(0..).for_each(|(place, number)| *place = number);
        let services = values.services.iter().map(|(name, service)| {
            let mut one = of_service(name, service, network.services.get(name), &names);
            one.image = image(service).and_then(|image| images.get(&image).copied());
            one
        });
        let mut access: BTreeMap<Access<'a>, usize> =
            network.ports.iter().map(|port| (of_access(&port.from), 0)).collect();
        access.values_mut().zip(0..).for_each(|(place, number)| *place = number);
        let port = |port: &'a OpenPort| Port {
            host: names.hosts.get(port.host.as_str()).copied(),
            port: port.port,
            transport: &port.transports,
            service: names.services.get(port.service.as_str()).copied(),
            interface: &port.interface,
            address: &port.address,
            from: access.get(&of_access(&port.from)).copied().unwrap_or_default(),
        };
        let region = |(name, region): (&'a Word<'_>, &'a read::Region<'_>)| Region {
            name,
            provider: &region.provider,
        };
        let node = |(name, node): (&'a Word<'_>, &'a read::Node<'_>)| Node {
            name,
            role: &node.role,
            power: &node.voting_power,
        };
        Self {
            network: About {
                name: &values.network.name,
                environment: &values.network.environment,
                chain: &values.chain.name,
                consensus: network.consensus,
            },
            regions: values.regions.iter().map(region).collect(),
            hosts: values.hosts.iter().map(|(name, host)| of_host(name, host)).collect(),
            nodes: values.nodes.iter().map(node).collect(),
            services: services.collect(),
            images: images.keys().copied().collect(),
            ports: network.ports.iter().map(port).collect(),
            access: access.keys().cloned().collect(),
            alerts: &network.alerts,
            survives: &network.survives,
            needs: &network.needs,
        }
    }
}

impl<'a> Rest<'a> {
    pub(super) fn of(boards: &'a [Board], diff: Option<&'a Diff>) -> Self {
        Self { boards: boards.par_iter().map(shown).collect(), diff }
    }
}

/// The places of what others name.
struct Names<'a> {
    hosts: HashMap<&'a str, usize>,
    nodes: HashMap<&'a str, usize>,
    services: HashMap<&'a str, usize>,
}

fn image<'a>(service: &'a read::Service<'_>) -> Option<(&'a str, &'a str)> {
    (!service.image.is_empty()).then(|| (&*service.image, &*service.digest))
}

fn of_access(from: &From) -> Access<'_> {
    match from {
        From::Nobody => Access::Word("nobody"),
        From::Anyone => Access::Word("anyone"),
        From::Network => Access::Word("network"),
        From::Hosts(hosts) => Access::Hosts(hosts.iter().map(String::as_str).collect()),
    }
}

fn of_host<'a>(name: &'a str, host: &'a read::Host<'_>) -> Host<'a> {
    Host {
        name,
        region: &host.region,
        provider: &host.provider,
        rack: &host.rack,
        address: &host.address,
        private: &host.private_address,
        architecture: &host.architecture,
        runtime: &host.runtime,
        cpus: &host.resources.cpus,
        memory: &host.resources.memory,
        disk: &host.resources.disk,
    }
}

fn of_service<'a>(
    name: &'a str,
    service: &'a read::Service<'_>,
    facts: Option<&'a read::Facts<'_>>,
    names: &Names<'a>,
) -> Service<'a> {
    let uses = service.uses.iter().flat_map(|(interface, providers)| {
        providers.iter().filter_map(move |provider| {
            let place = names.services.get(&*provider.service).copied()?;
            Some((&**interface, place, &*provider.address, provider.wait))
        })
    });
    let volumes = service.volumes.iter().map(|(name, volume)| (&**name, &*volume.size, volume.backup));
    Service {
        name,
        component: &service.component,
        version: facts.map_or("", |facts| &*facts.version),
        host: names.hosts.get(&*service.host).copied(),
        node: names.nodes.get(&*service.node).copied(),
        image: None,
        cpus: &service.resources.cpus,
        memory: &service.resources.memory,
        job: facts.is_some_and(|facts| facts.job),
        signs: facts.is_some_and(|facts| facts.signs),
        volumes: volumes.collect(),
        uses: uses.collect(),
    }
}
