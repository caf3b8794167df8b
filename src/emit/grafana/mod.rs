//! Grafana: data source, dashboard provider and dashboards, in the form that file provisioning takes.

mod board;
mod field;
mod grid;
mod links;
mod logs;
mod panel;

#[cfg(test)]
mod tests;

use rayon::prelude::*;
use serde_json::{Value, json};

use super::format::{json, yaml};
use super::{Artifacts, EmitError, Emitter, header};
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::Service;

pub(super) use links::uid;

const TREE: &str = "grafana";

/// The interface that the data source reads.
const METRICS_API: &str = "prometheus-api";

/// The same in every network, so that dashboards can be moved between them.
const DATA_SOURCE: &str = "netgen-prometheus";

/// Grafana's plugin that reads it.
const DATA_SOURCE_TYPE: &str = "prometheus";

/// The id of the dashboard of logs.
pub(super) const LOGS: &str = "logs";

pub(super) struct Grafana;

impl Emitter for Grafana {
    fn id(&self) -> &'static str {
        TREE
    }

    fn summary(&self) -> &'static str {
        "Grafana: data source and dashboards"
    }

    fn emit(&self, plan: &Plan, _: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        let Some(viewer) = viewer(plan) else { return Ok(()) };
        let sources = yaml::to_yaml_with_header(&header(plan), &data_sources(plan, viewer))?;
        out.text(format!("{TREE}/provisioning/datasources/netgen.yml"), sources);
        let providers = yaml::to_yaml_with_header(&header(plan), &providers(plan, viewer))?;
        out.text(format!("{TREE}/provisioning/dashboards/netgen.yml"), providers);
        out.each(&boards(plan), |(id, board), out| {
            out.text(format!("{TREE}/dashboards/{id}.json"), json::pretty(board)?);
            Ok(())
        })
    }
}

/// The service that shows dashboards.
fn viewer(plan: &Plan) -> Option<&Service> {
    plan.topology.services.iter().find(|service| service.component.artifacts.contains_key(TREE))
}

/// Whether there is a dashboard of logs.
pub(super) fn shows_logs(plan: &Plan) -> bool {
    viewer(plan).is_some_and(|viewer| logs::source(plan, viewer).is_some())
}

/// The dashboards as Grafana reads them, with their ids, in the order in which people meet them.
pub fn boards(plan: &Plan) -> Vec<(&str, Value)> {
    let mut boards: Vec<_> = plan.dashboards.values().collect();
    boards.sort_by_key(|board| (board.order, &board.id));
    let at = boards.partition_point(|board| board.order < logs::ORDER);
    let mut boards: Vec<(&str, Value)> =
        boards.into_par_iter().map(|one| (one.id.as_str(), board::dashboard(plan, one))).collect();
    if shows_logs(plan) {
        boards.insert(at, (LOGS, logs::dashboard(plan)));
    }
    boards
}

fn data_sources(plan: &Plan, viewer: &Service) -> Value {
    let topology = &plan.topology;
    let url = topology
        .providers(viewer.id, METRICS_API)
        .filter_map(|provider| topology.endpoint(viewer.id, provider, METRICS_API))
        .map(|endpoint| endpoint.url())
        .next();
    let interval = topology.monitoring.as_ref().map(|m| m.scrape_interval.to_string());
    let source = url.map(|url| {
        json!({
            "name": "Prometheus", "uid": DATA_SOURCE, "type": DATA_SOURCE_TYPE, "access": "proxy", "url": url,
            "isDefault": true, "editable": false,
            "jsonData": { "httpMethod": "POST", "timeInterval": interval },
        })
    });
    let sources: Vec<Value> = source.into_iter().chain(logs::source(plan, viewer)).collect();
    json!({ "apiVersion": 1, "prune": true, "datasources": sources })
}

/// A map of values that are done: `json!` would copy each of them.
fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// What every panel and variable asks.
fn data_source() -> Value {
    json!({ "type": DATA_SOURCE_TYPE, "uid": DATA_SOURCE })
}

fn providers(plan: &Plan, viewer: &Service) -> Value {
    let topology = &plan.topology;
    let native = !topology.hosts[viewer.host].runtime.is_container();
    let tree = match viewer.component.artifacts.get(TREE) {
        Some(path) if !native => path.clone(),
        _ => topology.artifact_dir(TREE),
    };
    json!({ "apiVersion": 1, "providers": [{
        "name": "netgen", "orgId": 1, "folder": topology.name, "type": "file", "disableDeletion": true,
        "allowUiUpdates": false, "updateIntervalSeconds": 60,
        "options": { "path": format!("{tree}/dashboards") },
    }] })
}
