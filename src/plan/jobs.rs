//! Scrape jobs: what is scraped, at which address, under which labels.

use std::collections::BTreeMap;

use super::{Job, Target};
use crate::hashed::IndexMap;
use crate::topology::{Service, Topology};

/// The interface that is scraped.
pub const METRICS: &str = "metrics";

/// One job a component; empty where nobody scrapes.
pub(super) fn jobs(topology: &Topology) -> BTreeMap<String, Job> {
    let mut jobs: BTreeMap<String, Job> = BTreeMap::new();
    for service in &topology.services {
        let Some(listener) = service.listener(METRICS) else { continue };
        let addresses: BTreeMap<_, _> = topology
            .consumers(service.id)
            .filter(|(interface, _)| *interface == METRICS)
            .filter_map(|(_, by)| Some((by, topology.endpoint(by, service.id, METRICS)?.authority())))
            .collect();
        if addresses.is_empty() {
            continue;
        }
        let name = service.component.component.value.clone();
        let job = jobs.entry(name.clone()).or_insert_with(|| Job {
            name,
            path: if listener.path.is_empty() { "/metrics".to_owned() } else { listener.path.clone() },
            scheme: listener.protocol.clone().filter(|p| p == "https").unwrap_or_else(|| "http".to_owned()),
            targets: Vec::new(),
        });
        job.targets.push(Target { service: service.id, addresses, labels: labels(topology, service) });
    }
    jobs
}

/// The labels that tell one series from another, the same on metrics, logs and alerts.
pub(super) fn labels(topology: &Topology, service: &Service) -> IndexMap<String, String> {
    let host = &topology.hosts[service.host];
    let mut labels = IndexMap::default();
    let mut add = |name: &str, value: &str| {
        labels.insert(name.to_owned(), value.to_owned());
    };
    add("network", &topology.name);
    add("region", topology.region_name(host.id));
    add("host", &host.name);
    if let Some(node) = service.node {
        add("node", &topology.nodes[node].name);
        add("role", &topology.nodes[node].role);
    }
    add("service", &service.name);
    if let Some(team) = topology.monitoring.as_ref().and_then(|monitoring| monitoring.team_of(service.id)) {
        add("team", team);
    }
    labels
}
