//! What the page shows: short, for hundreds of hosts. Hosts, services, images and groups of hosts stand in
//! lists once, and others name them by their place there.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value};

use super::boards::{Board, Shown, shown};
use super::word;
use crate::analyze::reachability::{From, OpenPort};
use crate::diff::Diff;
use crate::model::{AlertFacts, Document, NeedFacts, ServiceFacts, Survives};

/// The data of the page.
#[derive(Serialize)]
pub(super) struct Data<'a> {
    network: Network<'a>,
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
    boards: Vec<Shown<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<&'a Diff>,
}

#[derive(Serialize)]
struct Network<'a> {
    name: &'a str,
    environment: &'a str,
    chain: &'a str,
    consensus: Value,
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
    transport: Value,
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

/// The entries of a map of the network by name: their order in the manifest means nothing.
fn map<'a>(values: &'a Value, key: &str) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
    let map = values.get(key).and_then(Value::as_object);
    let sorted: BTreeMap<_, _> = map.into_iter().flat_map(Map::iter).collect();
    sorted.into_iter().map(|(name, value)| (name.as_str(), value))
}

/// The place of each name.
fn places<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    names.zip(0..).collect()
}

fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

impl<'a> Data<'a> {
    pub(super) fn of(document: &'a Document, boards: &'a [Board], diff: Option<&'a Diff>) -> Self {
        let values = &document.values;
        let names = Names::of(values);
        let region =
            |(name, region): (&'a str, &'a Value)| Region { name, provider: word(region, "/provider") };
        let node = |(name, node): (&'a str, &'a Value)| Node {
            name,
            role: word(node, "/role"),
            power: at(node, "/voting-power"),
        };
        let mut images: BTreeMap<(&str, &str), usize> = map(values, "services")
            .filter_map(|(_, service)| image(service))
            .map(|image| (image, 0))
            .collect();
        images.values_mut().zip(0..).for_each(|(place, number)| *place = number);
        let services = map(values, "services").map(|(name, service)| {
            let mut one = of_service(name, service, document.services.get(name), &names);
            one.image = image(service).and_then(|image| images.get(&image).copied());
            one
        });
        let mut access: BTreeMap<Access<'a>, usize> =
            document.ports.iter().map(|port| (of_access(&port.from), 0)).collect();
        access.values_mut().zip(0..).for_each(|(place, number)| *place = number);
        let port = |port: &'a OpenPort| Port {
            host: names.hosts.get(port.host.as_str()).copied(),
            port: port.port,
            transport: serde_json::to_value(&port.transports).unwrap_or_default(),
            service: names.services.get(port.service.as_str()).copied(),
            interface: &port.interface,
            address: &port.address,
            from: access.get(&of_access(&port.from)).copied().unwrap_or_default(),
        };
        Self {
            network: Network {
                name: word(values, "/network/name"),
                environment: word(values, "/network/environment"),
                chain: word(values, "/chain/name"),
                consensus: serde_json::to_value(document.consensus).unwrap_or_default(),
            },
            regions: map(values, "regions").map(region).collect(),
            hosts: map(values, "hosts").map(|(name, host)| of_host(name, host)).collect(),
            nodes: map(values, "nodes").map(node).collect(),
            services: services.collect(),
            images: images.keys().copied().collect(),
            ports: document.ports.iter().map(port).collect(),
            access: access.keys().cloned().collect(),
            alerts: &document.alerts,
            survives: &document.survives,
            needs: &document.needs,
            boards: boards.par_iter().map(shown).collect(),
            diff,
        }
    }
}

/// The places of what others name.
struct Names<'a> {
    hosts: BTreeMap<&'a str, usize>,
    nodes: BTreeMap<&'a str, usize>,
    services: BTreeMap<&'a str, usize>,
}

impl<'a> Names<'a> {
    fn of(values: &'a Value) -> Self {
        let of = |key| places(map(values, key).map(|(name, _)| name));
        Self { hosts: of("hosts"), nodes: of("nodes"), services: of("services") }
    }
}

fn image(service: &Value) -> Option<(&str, &str)> {
    let name = word(service, "/image");
    (!name.is_empty()).then(|| (name, word(service, "/digest")))
}

fn of_access(from: &From) -> Access<'_> {
    match from {
        From::Nobody => Access::Word("nobody"),
        From::Anyone => Access::Word("anyone"),
        From::Network => Access::Word("network"),
        From::Hosts(hosts) => Access::Hosts(hosts.iter().map(String::as_str).collect()),
    }
}

fn of_host<'a>(name: &'a str, host: &'a Value) -> Host<'a> {
    Host {
        name,
        region: word(host, "/region"),
        provider: word(host, "/provider"),
        rack: word(host, "/rack"),
        address: word(host, "/address"),
        private: word(host, "/private-address"),
        architecture: word(host, "/architecture"),
        runtime: word(host, "/runtime"),
        cpus: at(host, "/resources/cpus"),
        memory: at(host, "/resources/memory"),
        disk: at(host, "/resources/disk"),
    }
}

fn of_service<'a>(
    name: &'a str,
    service: &'a Value,
    facts: Option<&'a ServiceFacts>,
    names: &Names<'a>,
) -> Service<'a> {
    let volume = |(name, volume): (&'a str, &'a Value)| {
        (name, word(volume, "/size"), at(volume, "/backup").as_bool().unwrap_or_default())
    };
    let uses = map(service, "uses").flat_map(|(interface, providers)| {
        let providers = providers.as_array().map_or(&[][..], Vec::as_slice);
        providers.iter().filter_map(move |provider| {
            let place = names.services.get(word(provider, "/service")).copied()?;
            let wait = at(provider, "/wait").as_bool().unwrap_or_default();
            Some((interface, place, word(provider, "/address"), wait))
        })
    });
    Service {
        name,
        component: word(service, "/component"),
        version: facts.map_or("", |facts| facts.version.as_str()),
        host: names.hosts.get(word(service, "/host")).copied(),
        node: names.nodes.get(word(service, "/node")).copied(),
        image: None,
        cpus: at(service, "/resources/cpus"),
        memory: at(service, "/resources/memory"),
        job: facts.is_some_and(|facts| facts.job),
        signs: facts.is_some_and(|facts| facts.signs),
        volumes: map(service, "volumes").map(volume).collect(),
        uses: uses.collect(),
    }
}
