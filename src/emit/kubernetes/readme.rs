//! What a person must do around the manifests of a cluster.

use serde_json::{Value, json};

use super::secrets::{KEY, expected, origin, remote};
use super::{Cx, HOST};
use crate::emit::EmitError;
use crate::template::Templates;
use crate::topology::NODE_PORTS;

pub(super) fn text(cx: &Cx<'_>, templates: &Templates) -> Result<String, EmitError> {
    let topology = &cx.plan.topology;
    let hosts: Vec<Value> = cx
        .cluster
        .hosts
        .iter()
        .filter(|host| !host.services.is_empty())
        .map(|host| json!({ "name": host.name, "label": format!("{HOST}={}", host.name), "address": host.address }))
        .collect();
    let secrets: Vec<Value> = expected(cx)
        .iter()
        .map(|expected| {
            let remote = remote(cx, expected.secret);
            json!({
                "name": expected.name, "from": origin(expected.secret),
                "around": expected.around.map(|(_, text)| text.trim_end()),
                "remote": remote.get("key"), "property": remote.get("property"),
            })
        })
        .collect();
    let name = |id: &crate::topology::ServiceId| topology.services[*id].name.clone();
    let signals: Vec<Value> = cx
        .cluster
        .services
        .iter()
        .filter(|service| service.component.stop.signal != "SIGTERM")
        .map(|service| json!({ "service": service.name, "signal": service.component.stop.signal }))
        .collect();
    let scope = json!({
        "network": topology.name, "cluster": cx.cluster.name, "namespace": topology.namespace(), "key": KEY,
        "hosts": hosts, "secrets": secrets, "store": topology.kubernetes.secret_store,
        "first_port": NODE_PORTS.start(), "last_port": NODE_PORTS.end(),
        "budget": {
            "counted": cx.budget.counted.len(), "spare": cx.budget.spare,
            "critical": cx.budget.critical.iter().map(name).collect::<Vec<_>>(),
        },
        "signals": signals,
    });
    Ok(templates.render("kubernetes/README.md.j2", scope)?)
}
