//! Health: what a component that tells it is told of the nodes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::catalog::health::Aspect;
use crate::topology::{Choice, Service, ServiceId, Topology};

/// Which checks a path stands for.
type Paths = BTreeMap<(String, String), Vec<String>>;

/// Adds `health` to the scope of a service that asks every node for its health.
///
/// A path answers for the whole network (`/health/ready`), for one node (`/health/ready/<node>`), for
/// one service of it (`/health/ready/<node>/<service>`), or for all nodes of a host
/// (`/hosts/<host>/health/ready`).
pub(super) fn add(topology: &Topology, id: ServiceId, scope: &mut Map<String, Value>) {
    let asker = &topology.services[id];
    if !asker.component.asks_health {
        return;
    }
    let votes = topology.voters();
    let (mut checks, mut paths) = (Vec::new(), Paths::new());
    for binding in topology.bindings_of(id).iter().filter(|binding| binding.choice == Choice::Asked) {
        let service = &topology.services[binding.provider];
        let Some(node) = service.node else { continue };
        for aspect in Aspect::ALL {
            if aspect == Aspect::Consensus && !votes.contains(&node) {
                continue;
            }
            let Some(check) = check(topology, id, service, &binding.interface, aspect) else { continue };
            let name = format!("{}:{}:{}", aspect.word(), service.name, binding.interface);
            add_paths(topology, service, aspect, &name, &mut paths);
            checks.push(named(check, &name));
        }
    }
    let paths: Vec<Value> = paths
        .into_iter()
        .map(|((path, name), checks)| json!({ "path": path, "name": name, "checks": checks }))
        .collect();
    scope.insert("health".to_owned(), json!({ "checks": checks, "paths": paths }));
}

/// How a provider is asked whether it can serve, for those who choose among several; none where it does
/// not say.
pub(super) fn ready(service: &Service, interface: &str) -> Value {
    let own =
        service.listener(interface).map(|listener| listener.path.as_str()).filter(|path| !path.is_empty());
    let health = service.component.health_of(interface);
    health.and_then(|health| health.ready).map_or(Value::Null, |question| {
        json!({
            "path": question.path.as_deref().or(own).unwrap_or("/"),
            "body": question.body, "status": question.status, "finds": question.finds,
        })
    })
}

fn named(mut check: Map<String, Value>, name: &str) -> Value {
    check.insert("name".to_owned(), name.into());
    Value::Object(check)
}

/// How one aspect is asked; `None` where the interface does not tell it.
fn check(
    topology: &Topology,
    asker: ServiceId,
    service: &Service,
    interface: &str,
    aspect: Aspect,
) -> Option<Map<String, Value>> {
    let health = service.component.health_of(interface)?;
    let endpoint = topology.endpoint(asker, service.id, interface)?;
    let question = health.question(aspect);
    if question.is_none() && aspect != Aspect::Live {
        return None;
    }
    let own = if endpoint.path.is_empty() { "/" } else { endpoint.path.as_str() };
    let path = question.and_then(|question| question.path.as_deref()).unwrap_or(own);
    let value = json!({
        "authority": endpoint.authority(),
        "http": endpoint.scheme == "http",
        "path": path,
        "body": question.and_then(|question| question.body.as_deref()),
        // Whoever answers, whatever it is, is alive.
        "status": question.map_or("100-599", |question| question.status.as_str()),
        "finds": question.map_or(&[][..], |question| question.finds.as_slice()),
    });
    value.as_object().cloned()
}

/// The paths that a check counts for, each with a name that is safe in configuration files.
fn add_paths(topology: &Topology, service: &Service, aspect: Aspect, check: &str, paths: &mut Paths) {
    let Some(node) = service.node.map(|node| &topology.nodes[node]) else { return };
    let (word, host) = (aspect.word(), &topology.hosts[service.host].name);
    let all = [
        (format!("/health/{word}"), format!("not:{word}")),
        (format!("/health/{word}/{}", node.name), format!("not:{word}:node:{}", node.name)),
        (
            format!("/health/{word}/{}/{}", node.name, service.local_name),
            format!("not:{word}:service:{}", service.name),
        ),
        (format!("/hosts/{host}/health/{word}"), format!("not:{word}:host:{host}")),
    ];
    for key in all {
        paths.entry(key).or_default().push(check.to_owned());
    }
}
