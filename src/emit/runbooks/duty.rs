//! Two pages for people: what who is on call does and knows, and what is done in an incident.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::escalation::Escalation;
use super::{page_of, respond};
use crate::catalog::failure::Failure;
use crate::manifest::Severity;
use crate::plan::Plan;
use crate::plan::chaos::{Case, Fault};
use crate::topology::{Host, Monitoring};

/// A page names so many hosts; of a larger network `netgen analyze` tells the rest.
const MOST_HOSTS: usize = 40;

/// What who is on call does and knows.
pub(super) fn on_call(plan: &Plan, monitoring: &Monitoring, escalation: &Escalation<'_>) -> Value {
    let topology = &plan.topology;
    let severities: Vec<Value> = Severity::ALL
        .into_iter()
        .map(|severity| {
            let alerts = plan.every_alert().filter(|alert| alert.severity == severity && !alert.heartbeat);
            json!({
                "name": severity.word(), "respond": respond(monitoring, severity), "alerts": alerts.count(),
                "called": escalation.by_place(severity),
            })
        })
        .collect();
    json!({
        "network": topology.name, "environment": topology.environment.word(), "severities": severities,
        "heartbeat": monitoring.heartbeat, "screens": screens(plan),
        "backup": topology.backup.is_some(), "hosts": topology.hosts.len(), "nodes": topology.nodes.len(),
        "canary": topology.rollout.canary.map(|host| topology.hosts[host].name.as_str()),
        "logged_in": topology.hosts.iter().any(|host| host.runtime.is_logged_in_to()),
    })
}

/// What people look at in a browser, and the tunnel to it.
fn screens(plan: &Plan) -> Vec<Value> {
    let topology = &plan.topology;
    let mut screens = Vec::new();
    for service in &topology.services {
        let host = &topology.hosts[service.host];
        if !host.runtime.is_logged_in_to() {
            continue;
        }
        for listener in &service.listeners {
            let ui = service.component.provides.get(&listener.interface).is_some_and(|offered| offered.ui);
            if let (true, Some(port)) = (ui, listener.port) {
                screens.push(json!({
                    "name": service.name, "host": host.name, "tunnel": tunnel(host, port),
                    "url": format!("http://127.0.0.1:{port}/"),
                }));
            }
        }
    }
    screens
}

fn tunnel(host: &Host, port: u16) -> String {
    let Host { ssh_port, ssh_user, address, .. } = host;
    format!("ssh -p {ssh_port} -N -L {port}:127.0.0.1:{port} {ssh_user}@{address}")
}

/// What is done in an incident.
pub(super) fn incident(plan: &Plan, monitoring: &Monitoring) -> Value {
    let topology = &plan.topology;
    let of = |fault: Fault| plan.cases().iter().filter(move |case| case.fault == fault);
    let hosts: Vec<Value> = of(Fault::StopHost).take(MOST_HOSTS).map(|case| loss(plan, case)).collect();
    let more = of(Fault::StopHost).count().saturating_sub(hosts.len());
    let severities = Severity::ALL
        .map(|severity| json!({ "name": severity.word(), "respond": respond(monitoring, severity) }));
    json!({
        "network": topology.name, "severities": severities,
        "regions": of(Fault::StopRegion).map(|case| loss(plan, case)).collect::<Vec<Value>>(),
        "partitions": of(Fault::Partition).map(|case| loss(plan, case)).collect::<Vec<Value>>(),
        "hosts": hosts, "more": more, "symptoms": symptoms(plan),
        "backup": topology.backup.is_some(), "signs": topology.voting_power() > 0,
    })
}

/// What stops with a part of the network, and whether the rest goes on.
fn loss(plan: &Plan, case: &Case) -> Value {
    let services: Vec<&str> =
        case.services.iter().map(|id| plan.topology.services[*id].name.as_str()).take(6).collect();
    let more = case.services.len().saturating_sub(services.len());
    let voters: Vec<&str> = case.verdict.voters.iter().map(String::as_str).collect();
    json!({
        "name": case.target, "services": services.join(", "), "more": more,
        "voters": if voters.is_empty() { "none".to_owned() } else { voters.join(", ") },
        "survives": case.verdict.survives, "why": case.verdict.why, "case": case.id(),
    })
}

/// Each way to fail that an alert of this network tells, with the pages of those alerts.
fn symptoms(plan: &Plan) -> Vec<Value> {
    let mut pages: BTreeMap<Failure, BTreeSet<(Severity, String, String)>> = BTreeMap::new();
    for alert in plan.every_alert() {
        let covers = &alert.covers;
        let lists = [&covers.service, &covers.host, &covers.residents, &covers.region, &covers.network];
        for failure in lists.into_iter().chain(covers.needs.values()).flatten() {
            let page = (alert.severity, alert.name.clone(), page_of(alert));
            pages.entry(*failure).or_default().insert(page);
        }
    }
    let row = |(failure, pages): (Failure, BTreeSet<(Severity, String, String)>)| {
        let pages: Vec<Value> = pages
            .into_iter()
            .map(|(severity, name, page)| json!({ "severity": severity.word(), "name": name, "page": page }))
            .collect();
        json!({ "failure": failure.word(), "pages": pages })
    };
    pages.into_iter().map(row).collect()
}
