//! A page for each alert: what it means in this network, where, and what to do.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Artifacts, EmitError, Emitter};
use crate::manifest::{Runtime, Severity};
use crate::plan::{Alert, Plan};
use crate::template::Templates;
use crate::topology::{ClusterId, NodeId, Service};

pub(super) struct Runbooks;

impl Emitter for Runbooks {
    fn id(&self) -> &'static str {
        "runbooks"
    }

    fn summary(&self) -> &'static str {
        "a runbook for each alert"
    }

    fn emit(&self, plan: &Plan, templates: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        if plan.topology.monitoring.is_none() {
            return Ok(());
        }
        let members = plan.topology.memberships();
        for alert in plan.every_alert() {
            let text = templates.render("runbooks/alert.md.j2", page(plan, &members, alert))?;
            out.text(format!("runbooks/{}.md", alert.name), text);
        }
        let index: Vec<Value> = plan
            .every_alert()
            .map(|alert| {
                json!({
                    "name": alert.name, "severity": alert.severity.word(), "meaning": alert.meaning.trim(),
                    "component": alert.component.clone().unwrap_or_else(|| "network".to_owned()),
                })
            })
            .collect();
        let scope = json!({ "network": plan.topology.name, "alerts": index });
        out.text("runbooks/README.md", templates.render("runbooks/index.md.j2", &scope)?);
        Ok(())
    }
}

/// The clusters that each node is a member of.
type Members = BTreeMap<NodeId, Vec<ClusterId>>;

fn page(plan: &Plan, members: &Members, alert: &Alert) -> Value {
    let topology = &plan.topology;
    let affected: Vec<Value> = topology
        .services
        .iter()
        .filter(|service| alert.component.as_ref() == Some(&service.component.component.value))
        .map(|service| place(plan, members, service))
        .collect();
    json!({
        "name": alert.name, "network": topology.name, "severity": alert.severity.word(),
        "respond": respond(alert.severity), "meaning": alert.meaning.trim(), "actions": alert.actions,
        "expr": alert.expr, "hold": alert.hold.to_string(), "affected": affected,
    })
}

/// How soon a person must act.
fn respond(severity: Severity) -> &'static str {
    match severity {
        Severity::P1 => "within 5 minutes, at any hour",
        Severity::P2 => "within 30 minutes",
        Severity::P3 => "within this working day",
        Severity::P4 => "when there is time",
    }
}

/// Where a service runs, and how to look at it there.
fn place(plan: &Plan, members: &Members, service: &Service) -> Value {
    let topology = &plan.topology;
    let host = &topology.hosts[service.host];
    let unit = topology.unit_name(service);
    let (logs, state) = match host.runtime {
        Runtime::Compose => (
            format!("sudo docker logs --tail 200 {}", service.name),
            format!("sudo docker inspect --format '{{{{json .State}}}}' {}", service.name),
        ),
        Runtime::SystemdDocker | Runtime::Quadlet | Runtime::Native => {
            (format!("sudo journalctl -u {unit} -n 200"), format!("systemctl status {unit}"))
        }
    };
    let own = service.node.map_or(0, |node| topology.nodes[node].voting_power);
    let clusters = service.node.and_then(|node| members.get(&node)).into_iter().flatten().map(|id| {
        let cluster = &topology.clusters[*id];
        let (needed, nodes) = (cluster.needed, cluster.nodes.len());
        format!("cluster {}: {} while {needed} of {nodes} nodes are up", cluster.name, cluster.voting_power)
    });
    let own = Some(own.to_string()).filter(|_| own > 0);
    let power: Vec<String> = own.into_iter().chain(clusters).collect();
    let power = if power.is_empty() { "0".to_owned() } else { power.join("; ") };
    json!({
        "service": service.name, "host": host.name, "address": host.address, "user": host.ssh_user,
        "port": host.ssh_port, "logs": logs, "state": state, "power": power,
    })
}
