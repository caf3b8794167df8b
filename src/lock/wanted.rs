//! Which images a network needs, and where its manifest asks for them.

use std::collections::{BTreeMap, BTreeSet};

use crate::load::dotted;
use crate::text::Span;
use crate::topology::{Service, Topology};
use crate::value::Node;

/// An image that is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// One place that asks for it.
    pub place: Span,
    /// Every place, as a path of the manifest. Nodes with one stack ask in one place, so that a node
    /// more changes nothing.
    pub paths: BTreeSet<String>,
    /// The services that run it.
    pub services: BTreeSet<String>,
}

/// The images that the lock must pin, by reference. `tree` is the manifest in one tree.
pub fn wanted(topology: &Topology, tree: &Node) -> BTreeMap<String, Wanted> {
    let mut wanted: BTreeMap<String, Wanted> = BTreeMap::new();
    for service in &topology.services {
        let image = &service.image;
        let container = topology.hosts[service.host].runtime.is_container();
        if !container || image.name.is_empty() || image.digest.is_some() {
            continue;
        }
        let place = if service.image_origin.is_somewhere() { service.image_origin } else { service.origin };
        let entry = wanted.entry(image.unpinned()).or_insert_with(|| Wanted {
            place,
            paths: BTreeSet::new(),
            services: BTreeSet::new(),
        });
        entry.paths.insert(dotted::join(path(topology, tree, service).iter().map(String::as_str)));
        entry.services.insert(service.name.clone());
    }
    wanted
}

/// Where the image of a service is asked for: at the words that name it, else where the service is.
fn path(topology: &Topology, tree: &Node, service: &Service) -> Vec<String> {
    let path = |steps: &[&str]| steps.iter().map(|step| (*step).to_owned()).collect::<Vec<String>>();
    let follow = |steps: &[String]| steps.iter().try_fold(tree, |node, step| node.get(step));
    if service.image_origin.is_somewhere() {
        let component = service.component.component.as_str();
        let mut named = of_service(topology, service, &["image"]);
        named.push(path(&["images", component]));
        let here = |steps: &Vec<String>| follow(steps).is_some_and(|node| node.span == service.image_origin);
        if let Some(found) = named.into_iter().find(here) {
            return found;
        }
    }
    // A companion is there because of the service that it accompanies.
    let mut first = service;
    while let Some(owner) = first.owner {
        first = &topology.services[owner];
    }
    let found = of_service(topology, first, &[]).into_iter().rev().find(|steps| follow(steps).is_some());
    found.unwrap_or_else(|| path(&["monitoring"]))
}

/// Where something of a service may stand: at its node, then at its stack; or under `services:`.
fn of_service(topology: &Topology, service: &Service, rest: &[&str]) -> Vec<Vec<String>> {
    let local = service.local_name.as_str();
    let heads = match service.node.map(|node| &topology.nodes[node]) {
        Some(node) => vec![
            vec!["nodes", node.name.as_str(), "services", local],
            vec!["stacks", node.stack.as_str(), local],
        ],
        None => vec![vec!["services", local]],
    };
    heads.into_iter().map(|head| head.iter().chain(rest).map(|step| (*step).to_owned()).collect()).collect()
}
