//! What templates of component data see; the table of names stands in the documentation of [`super`].

use serde_json::{Map, Value, json};

use crate::manifest::quantity::Cpus;
use crate::topology::{Listener, Service, ServiceId, Topology, snake};

/// The scope of one service.
pub(super) fn scope(topology: &Topology, id: ServiceId) -> Value {
    let service = &topology.services[id];
    let host = &topology.hosts[service.host];
    let native = !host.runtime.is_container();
    let mut settings = snake(&service.settings);
    for secret in &service.secrets {
        settings.insert(secret.setting.replace('-', "_"), secret.path.clone().into());
    }
    for (name, setting) in &service.component.settings {
        if setting.kind == crate::catalog::setting::SettingType::Secret {
            settings.entry(name.replace('-', "_")).or_insert(Value::Null);
        }
    }
    let volume: Map<String, Value> = service
        .volumes
        .iter()
        .map(|v| (v.name.replace('-', "_"), if native { &v.host_path } else { &v.path }.clone().into()))
        .collect();
    let artifact: Map<String, Value> = service
        .component
        .artifacts
        .iter()
        .map(|(tree, path)| {
            (tree.replace('-', "_"), if native { topology.artifact_dir(tree) } else { path.clone() }.into())
        })
        .collect();
    let mut files = Map::new();
    for path in service.component.files.keys() {
        let place = if native {
            format!("{}/{}", topology.config_dir(service), super::build::file_name(path))
        } else {
            path.clone()
        };
        files.insert(path.clone(), place.into());
    }
    let access = &service.component.host_access;
    let host_paths: Map<String, Value> = access
        .paths
        .iter()
        .map(|(path, inside)| (path.clone(), if native { path } else { inside.inside() }.into()))
        .collect();
    let textfiles = if native { topology.textfile_dir(host) } else { access.textfiles.clone() }
        .filter(|_| access.textfiles.is_some());
    let node = service.node.map_or(Value::Null, |node| {
        let node = &topology.nodes[node];
        json!({ "name": node.name, "role": node.role })
    });
    json!({
        "network": { "name": topology.name, "environment": topology.environment.word() },
        "chain": chain(topology),
        "host": {
            "name": host.name, "address": host.address, "private_address": host.peer_address(),
            "region": topology.region_name(host.id),
        },
        "node": node,
        "service": { "name": service.name, "folder": topology.own_folder(service) },
        "settings": settings,
        "provides": provides(topology, service),
        "needs": needs(topology, service),
        "volume": volume,
        "artifact": artifact,
        "file": files,
        "host_path": host_paths,
        "textfiles": textfiles,
        "resources": {
            "memory_mib": service.memory.map(crate::manifest::quantity::ByteSize::mib),
            "cpus": service.cpus.map(|Cpus(thousandths)| f64::from(thousandths) / 1000.0),
        },
        "monitoring": monitoring(topology),
    })
}

/// The monitoring as templates see it.
pub(super) fn monitoring(topology: &Topology) -> Value {
    topology.monitoring.as_ref().map_or(
        Value::Null,
        |m| json!({ "retention": m.retention.0, "scrape_interval": m.scrape_interval.0 }),
    )
}

/// The chain as templates see it.
pub(super) fn chain(topology: &Topology) -> Value {
    let chain = &topology.chain;
    json!({
        "id": chain.id, "name": chain.name, "family": chain.family, "network_id": chain.network_id,
        "block_time": chain.block_time, "slots_per_epoch": chain.slots_per_epoch,
    })
}

fn provides(topology: &Topology, service: &Service) -> Map<String, Value> {
    let offered = |name: &str| service.listener(name).map_or(Value::Null, |l| listens(topology, service, l));
    service.component.provides.keys().map(|name| (name.replace('-', "_"), offered(name))).collect()
}

fn listens(topology: &Topology, service: &Service, listener: &Listener) -> Value {
    let shares = service.on_host_network(&topology.hosts[service.host]);
    let bind = match (&listener.publish, shares) {
        (Some(publish), true) => publish.address(),
        (None, true) => "127.0.0.1",
        (_, false) => "0.0.0.0",
    };
    json!({ "port": listener.container_port, "bind": bind, "path": listener.path })
}

fn needs(topology: &Topology, service: &Service) -> Map<String, Value> {
    let mut map = Map::new();
    for interface in service.component.needs.keys() {
        let all: Vec<Value> = topology
            .providers(service.id, interface)
            .map(|p| provider(topology, service.id, p, interface))
            .collect();
        let mut value = all.first().cloned().unwrap_or(Value::Null);
        if let Some(first) = value.as_object_mut() {
            first.insert("all".to_owned(), all.into());
        }
        map.insert(interface.replace('-', "_"), value);
    }
    map
}

fn provider(topology: &Topology, consumer: ServiceId, id: ServiceId, interface: &str) -> Value {
    let service = &topology.services[id];
    let mut value = json!({ "service": service.name, "settings": snake(&service.settings) });
    if let (Some(endpoint), Some(map)) = (topology.endpoint(consumer, id, interface), value.as_object_mut()) {
        map.insert("url".to_owned(), endpoint.url().into());
        map.insert("authority".to_owned(), endpoint.authority().into());
        map.insert("host".to_owned(), endpoint.host.clone().into());
        map.insert("port".to_owned(), endpoint.port.into());
        map.insert("path".to_owned(), endpoint.path.into());
    }
    if let Some(map) = value.as_object_mut() {
        map.insert("region".to_owned(), topology.region_name(service.host).into());
        map.insert("ready".to_owned(), super::health::ready(service, interface));
    }
    value
}
