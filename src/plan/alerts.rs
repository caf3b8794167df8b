//! The alerts and dashboards of this network: packs of the components that are really scraped.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::Value;

use super::build::{Context, job_scope};
use super::{Alert, Dashboard, Job, quorum};
use crate::catalog::alerts::{self as pack, Row, Series};
use crate::diag::{Diagnostic, codes};
use crate::topology::{Topology, snake};

/// Every alert whose component is scraped, and those of the network as a whole.
pub(super) fn alerts(
    cx: &mut Context<'_>,
    topology: &Topology,
    jobs: &BTreeMap<String, Job>,
) -> BTreeMap<String, Alert> {
    let mut alerts = BTreeMap::new();
    let any_target = jobs.values().find_map(|job| Some((job, job.targets.first()?)));
    let selector = format!("network=\"{}\"", topology.name);
    let mut scope = job_scope(topology, &selector, &Value::Null);
    if let Some(scope) = scope.as_object_mut() {
        scope.insert("voting".to_owned(), quorum::scope(topology));
    }
    let labels = any_target.map_or_else(IndexMap::new, |(job, target)| quorum::labels(job, target));
    for (name, alert) in cx.network_alerts(topology) {
        if let Some(mut alert) = render(cx, topology, &name, None, &alert, &scope, &labels) {
            alert.fires = quorum::expand(topology, jobs, alert.fires);
            alert.silent = quorum::expand(topology, jobs, alert.silent);
            alerts.insert(name, alert);
        }
    }
    for job in jobs.values() {
        let Some(target) = job.targets.first() else { continue };
        let Some(entry) = cx.entry(&job.name) else { continue };
        let selector = format!("job=\"{}\"", job.name);
        let settings = Value::Object(snake(&topology.services[target.service].settings));
        let scope = job_scope(topology, &selector, &settings);
        let labels = quorum::labels(job, target);
        for (name, alert) in &entry.alerts.alerts {
            if let Some(alert) = render(cx, topology, name, Some(&job.name), alert, &scope, &labels) {
                alerts.insert(name.clone(), alert);
            }
        }
    }
    alerts
}

fn render(
    cx: &mut Context<'_>,
    topology: &Topology,
    name: &str,
    component: Option<&str>,
    alert: &pack::Alert,
    scope: &Value,
    labels: &IndexMap<String, String>,
) -> Option<Alert> {
    let series = |list: &[Series]| -> Vec<Series> {
        list.iter()
            .map(|one| {
                let mut all = labels.clone();
                all.extend(one.labels.clone());
                // An empty value takes a standard label away, as in `node: ""`.
                all.retain(|_, value| !value.is_empty());
                Series { labels: all, ..one.clone() }
            })
            .collect()
    };
    match cx.templates.render_str(&alert.expr, scope) {
        Ok(expr) => Some(Alert {
            name: name.to_owned(),
            component: component.map(str::to_owned),
            expr: expr.trim().to_owned(),
            hold: alert.hold,
            severity: alert.severity,
            summary: alert.summary.clone(),
            meaning: alert.meaning.clone(),
            actions: alert.actions.clone(),
            silences: alert.silences.clone(),
            heartbeat: alert.heartbeat,
            covers: alert.covers.clone(),
            fires: series(&alert.test.fires),
            silent: series(&alert.test.silent),
            lead: alert.test.lead,
        }),
        Err(error) => {
            let origin = topology.monitoring.as_ref().map_or(crate::text::Span::nowhere(), |m| m.origin);
            cx.sink.push(
                Diagnostic::new(
                    &codes::BAD_TEMPLATE,
                    origin,
                    format!("alert `{name}` fails: {}", error.message),
                )
                .here("monitoring is asked for here"),
            );
            None
        }
    }
}

/// The dashboards of the components that are scraped.
pub(super) fn dashboards(
    cx: &mut Context<'_>,
    topology: &Topology,
    jobs: &BTreeMap<String, Job>,
) -> BTreeMap<String, Dashboard> {
    let mut dashboards = BTreeMap::new();
    for job in jobs.values() {
        let Some(board) = cx.entry(&job.name).and_then(|entry| entry.dashboard.clone()) else { continue };
        // `$host` and `$service` are variables of the dashboard.
        let selector = format!("job=\"{}\", host=~\"$host\", service=~\"$service\"", job.name);
        let scope = job_scope(topology, &selector, &Value::Null);
        let mut rows: Vec<Row> = board.rows;
        for query in rows.iter_mut().flat_map(|row| &mut row.panels).flat_map(|panel| &mut panel.queries) {
            match cx.templates.render_str(&query.expr, &scope) {
                Ok(expr) => query.expr.value = expr.trim().to_owned(),
                Err(error) => cx.sink.push(Diagnostic::new(
                    &codes::BAD_TEMPLATE,
                    crate::text::Span::nowhere(),
                    format!("dashboard of `{}` fails: {}", job.name, error.message),
                )),
            }
        }
        let id = job.name.clone();
        dashboards.insert(id.clone(), Dashboard { id, title: board.title, rows });
    }
    dashboards
}
