//! A page for each alert: what it means in this network, who is affected, what may be restarted, who is
//! called, and the commands for it; and one for who is on call, and one for incidents.

mod duty;
mod escalation;
mod found;
mod places;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use self::escalation::Escalation;
use self::places::{Places, Sections};
use super::grafana::{self, uid};
use super::{Artifacts, EmitError, Emitter};
use crate::analyze::parts::Parts;
use crate::catalog::failure::{Covers, Failure};
use crate::manifest::Severity;
use crate::plan::{Alert, PAGES, Plan};
use crate::template::Templates;
use crate::topology::Monitoring;

/// Where the pages stand in the bundle.
const FOLDER: &str = "runbooks";

/// The page of an alert, as a path in [`FOLDER`].
fn page_of(alert: &Alert) -> String {
    format!("{}.md", alert.name)
}

/// The address of the page of an alert: published, or in the bundle.
pub(super) fn address(plan: &Plan, alert: &Alert) -> String {
    let published = plan.topology.monitoring.as_ref().and_then(|m| m.runbook_url.as_deref());
    format!("{}/{}", published.unwrap_or(FOLDER), page_of(alert))
}

pub(super) struct Runbooks;

impl Emitter for Runbooks {
    fn id(&self) -> &'static str {
        "runbooks"
    }

    fn summary(&self) -> &'static str {
        "a runbook for each alert, and pages for who is on call and for incidents"
    }

    fn emit(&self, plan: &Plan, templates: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        let Some(monitoring) = &plan.topology.monitoring else { return Ok(()) };
        let escalation = Escalation::new(plan, monitoring);
        let parts = Parts::of(&plan.topology);
        let mut places = Places::new(plan, templates, &parts);
        let mut pages = Vec::new();
        for alert in plan.every_alert() {
            pages.push((alert, places.of(alert)?));
        }
        out.each(&pages, |(alert, places), out| {
            let scope = page(plan, monitoring, &escalation, places, alert);
            out.text(
                format!("{FOLDER}/{}", page_of(alert)),
                templates.render("runbooks/alert.md.j2", scope)?,
            );
            Ok(())
        })?;
        let written = pages.iter().map(|(alert, _)| format!("{FOLDER}/{}", page_of(alert))).collect();
        let [list, call, trouble] = PAGES;
        out.text(
            format!("{FOLDER}/{list}.md"),
            templates.render("runbooks/index.md.j2", index(plan, monitoring, &escalation))?,
        );
        let on_call = duty::on_call(plan, monitoring, &escalation);
        out.text(format!("{FOLDER}/{call}.md"), templates.render("runbooks/on-call.md.j2", on_call)?);
        let incident = duty::incident(plan, monitoring);
        out.text(format!("{FOLDER}/{trouble}.md"), templates.render("runbooks/incident.md.j2", incident)?);
        links_lead_somewhere(plan, &written)
    }
}

/// Whether every link of an alert leads to a page that was written.
fn links_lead_somewhere(plan: &Plan, written: &BTreeSet<String>) -> Result<(), EmitError> {
    let published = plan.topology.monitoring.as_ref().and_then(|m| m.runbook_url.as_deref());
    for alert in plan.every_alert() {
        let address = address(plan, alert);
        let path = published
            .and_then(|base| address.strip_prefix(base))
            .map_or_else(|| address.clone(), |rest| format!("{FOLDER}{rest}"));
        if !written.contains(&path) {
            return Err(EmitError::internal(format!(
                "the link of alert `{}` to its runbook leads nowhere: {address}",
                alert.name
            )));
        }
    }
    Ok(())
}

/// What the page of an alert says.
#[derive(Serialize)]
struct Page<'p> {
    #[serde(flatten)]
    places: &'p Sections,
    #[serde(flatten)]
    said: Value,
}

fn page<'p>(
    plan: &Plan,
    monitoring: &Monitoring,
    escalation: &Escalation<'_>,
    places: &'p Sections,
    alert: &Alert,
) -> Page<'p> {
    let of_lines = plan.log_alerts.contains_key(&alert.name);
    let board = if of_lines {
        grafana::shows_logs(plan).then(|| grafana::LOGS.to_owned())
    } else {
        let board = alert.component.as_ref().map(|id| format!("component-{id}"));
        board.filter(|id| plan.dashboards.contains_key(id))
    };
    let board = board.map(|id| uid(&id));
    let chain = &plan.topology.chain;
    let said = json!({
        "name": alert.name, "network": plan.topology.name, "severity": alert.severity.word(),
        "environment": plan.topology.environment.word(),
        "chain": chain.name, "block_time": format!("{}s", chain.block_time),
        "respond": respond(monitoring, alert.severity), "heartbeat": alert.heartbeat,
        "meaning": alert.meaning.trim(), "actions": alert.actions,
        "rules": found::rules(plan, alert), "off": found::switched_off(plan, alert),
        "language": if of_lines { "logql" } else { "promql" },
        "tells": tells(&alert.covers), "silences": alert.silences,
        "silenced_by": silenced_by(plan, alert), "escalation": escalation.rows(alert),
        "board": board, "heartbeat_receiver": monitoring.heartbeat,
    });
    Page { places, said }
}

/// How soon a person must act, in words.
fn respond(monitoring: &Monitoring, severity: Severity) -> String {
    let time = monitoring.response(severity);
    if severity == Severity::P1 { format!("within {time}, at any hour") } else { format!("within {time}") }
}

/// The failures that it tells, and whose.
fn tells(covers: &Covers) -> Vec<String> {
    let of = |whose: &str, failures: &[Failure]| -> Option<String> {
        let words: Vec<&str> = failures.iter().map(|failure| failure.word()).collect();
        (!words.is_empty()).then(|| format!("{whose}: {}", words.join(", ")))
    };
    let needs =
        covers.needs.iter().filter_map(|(interface, list)| of(&format!("the {interface} it needs"), list));
    [
        of("the service", &covers.service),
        of("its host", &covers.host),
        of("every service on its host", &covers.residents),
        of("its region", &covers.region),
        of("the network", &covers.network),
    ]
    .into_iter()
    .flatten()
    .chain(needs)
    .collect()
}

/// The alerts that speak for this one while they fire.
fn silenced_by(plan: &Plan, alert: &Alert) -> Vec<Value> {
    let speaks = |other: &&Alert| {
        !other.silences.is_empty()
            && other.name != alert.name
            && other.severity <= alert.severity
            && !alert.heartbeat
    };
    let others = plan.alerts.values().filter(speaks);
    others
        .map(|other| json!({ "name": other.name, "page": page_of(other), "labels": other.silences.join(", ") }))
        .collect()
}

/// The alerts by severity, each with its team.
fn index(plan: &Plan, monitoring: &Monitoring, escalation: &Escalation<'_>) -> Value {
    let mut by_severity: BTreeMap<Severity, Vec<Value>> = BTreeMap::new();
    for alert in plan.every_alert() {
        by_severity.entry(alert.severity).or_default().push(json!({
            "name": alert.name, "page": page_of(alert), "meaning": alert.meaning.trim(),
            "component": alert.component.as_deref().unwrap_or("network"), "teams": escalation.teams(alert),
            "calls": escalation.called(alert),
        }));
    }
    let sections = by_severity.into_iter().map(|(severity, alerts)| {
        json!({ "severity": severity.word(), "respond": respond(monitoring, severity), "alerts": alerts })
    });
    json!({
        "network": plan.topology.name, "sections": sections.collect::<Vec<Value>>(),
        "teams": !monitoring.teams.owner.is_empty(),
    })
}
