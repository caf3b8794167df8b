//! The alerts of this network: packs of the components that are really scraped.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::Value;

use super::build::{Context, job_scope};
use super::{Alert, Job};
use crate::catalog::alerts::{self as pack, Series};
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
    let has_objective = topology.monitoring.as_ref().is_some_and(|m| m.slo.is_some());
    for (name, alert) in cx.network_alerts(has_objective) {
        let selector = format!("network=\"{}\"", topology.name);
        let labels =
            any_target.map_or_else(IndexMap::new, |(job, target)| series_labels(job, &target.labels));
        let scope = job_scope(topology, &selector, &Value::Null);
        if let Some(alert) = render(cx, topology, &name, None, &alert, &scope, &labels) {
            alerts.insert(name, alert);
        }
    }
    for job in jobs.values() {
        let Some(target) = job.targets.first() else { continue };
        let Some(entry) = cx.entry(&job.name) else { continue };
        let selector = format!("job=\"{}\"", job.name);
        let settings = Value::Object(snake(&topology.services[target.service].settings));
        let scope = job_scope(topology, &selector, &settings);
        let labels = series_labels(job, &target.labels);
        for (name, alert) in &entry.alerts.alerts {
            if let Some(alert) = render(cx, topology, name, Some(&job.name), alert, &scope, &labels) {
                alerts.insert(name.clone(), alert);
            }
        }
    }
    alerts
}

fn series_labels(job: &Job, labels: &IndexMap<String, String>) -> IndexMap<String, String> {
    let mut all = IndexMap::new();
    all.insert("job".to_owned(), job.name.clone());
    all.insert("instance".to_owned(), labels.get("service").cloned().unwrap_or_default());
    all.extend(labels.clone());
    all
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
                Series { metric: one.metric.clone(), labels: all, values: one.values.clone() }
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
