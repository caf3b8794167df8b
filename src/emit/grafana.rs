//! Grafana: data source, dashboard provider and dashboards, in the form that file provisioning takes.

use serde_json::{Value, json};

use super::format::{json, yaml};
use super::{Artifacts, EmitError, Emitter, header};
use crate::catalog::alerts::{Panel, PanelType, Row};
use crate::plan::{Dashboard, Plan};
use crate::template::Templates;
use crate::text::Spanned;
use crate::topology::{Node, Service};

const TREE: &str = "grafana";

/// The interface that the data source reads.
const METRICS_API: &str = "prometheus-api";

/// The same in every network, so that dashboards can be moved between them.
const DATA_SOURCE: &str = "netgen-prometheus";

/// Grafana's grid: columns of a row, columns and rows of a panel.
const COLUMNS: usize = 24;
const PANEL_HEIGHT: usize = 8;

pub(super) struct Grafana;

impl Emitter for Grafana {
    fn id(&self) -> &'static str {
        TREE
    }

    fn summary(&self) -> &'static str {
        "Grafana: data source and dashboards"
    }

    fn emit(&self, plan: &Plan, _: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        let topology = &plan.topology;
        let Some(viewer) = topology.services.iter().find(|s| s.component.artifacts.contains_key(TREE)) else {
            return Ok(());
        };
        let sources = yaml::to_yaml_with_header(&header(plan), &data_sources(plan, viewer))?;
        out.text(format!("{TREE}/provisioning/datasources/netgen.yml"), sources);
        let providers = yaml::to_yaml_with_header(&header(plan), &providers(plan, viewer))?;
        out.text(format!("{TREE}/provisioning/dashboards/netgen.yml"), providers);
        for board in plan.dashboards.values() {
            let text = json::pretty(&dashboard(plan, board))?;
            out.text(format!("{TREE}/dashboards/{}.json", board.id), text);
        }
        out.text(format!("{TREE}/dashboards/network.json"), json::pretty(&overview(plan))?);
        Ok(())
    }
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
            "name": "Prometheus", "uid": DATA_SOURCE, "type": "prometheus", "access": "proxy", "url": url,
            "isDefault": true, "editable": false,
            "jsonData": { "httpMethod": "POST", "timeInterval": interval },
        })
    });
    json!({ "apiVersion": 1, "prune": true, "datasources": Vec::from_iter(source) })
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

/// A dashboard of one component, with variables for hosts and services.
fn dashboard(plan: &Plan, board: &Dashboard) -> Value {
    let variable = |name: &str, query: String| {
        json!({
            "name": name, "label": name, "type": "query", "datasource": data_source(),
            "query": { "query": query, "refId": name }, "definition": query,
            "includeAll": true, "multi": true, "allValue": ".*", "refresh": 2, "sort": 1,
            "current": { "selected": true, "text": ["All"], "value": ["$__all"] },
        })
    };
    let up = format!("up{{job=\"{}\"", board.id);
    let variables = vec![
        variable("host", format!("label_values({up}}}, host)")),
        variable("service", format!("label_values({up}, host=~\"$host\"}}, service)")),
    ];
    frame(plan, &board.id, &board.title, &panels(&board.rows), &variables)
}

/// The parts that every dashboard has.
fn frame(plan: &Plan, id: &str, title: &str, panels: &[Value], variables: &[Value]) -> Value {
    json!({
        "uid": format!("netgen-{id}"), "title": title, "tags": ["netgen", plan.topology.name],
        "schemaVersion": 39, "version": 1, "editable": false, "graphTooltip": 1, "timezone": "utc",
        "refresh": "30s", "time": { "from": "now-6h", "to": "now" },
        "annotations": { "list": [] }, "links": links(),
        "templating": { "list": variables },
        "panels": panels,
    })
}

/// From each dashboard to the others of netgen.
fn links() -> Value {
    json!([{
        "type": "dashboards", "title": "netgen", "tags": ["netgen"], "asDropdown": true,
        "includeVars": false, "keepTime": true, "targetBlank": false,
    }])
}

fn data_source() -> Value {
    json!({ "type": "prometheus", "uid": DATA_SOURCE })
}

/// Rows of panels laid out on the grid; panels of one row share its width.
fn panels(rows: &[Row]) -> Vec<Value> {
    let mut out = Vec::new();
    let (mut id, mut y) = (0, 0);
    for row in rows {
        id += 1;
        out.push(json!({
            "id": id, "type": "row", "title": row.title, "collapsed": false, "panels": [],
            "gridPos": { "h": 1, "w": COLUMNS, "x": 0, "y": y },
        }));
        y += 1;
        let across = row.panels.len().clamp(1, 3);
        let width = COLUMNS / across;
        for (index, one) in row.panels.iter().enumerate() {
            id += 1;
            let (line, column) = (index / across, index % across);
            let place = json!({
                "h": PANEL_HEIGHT, "w": width, "x": column * width, "y": y + line * PANEL_HEIGHT,
            });
            out.push(panel(id, one, &place));
        }
        y += row.panels.len().div_ceil(across) * PANEL_HEIGHT;
    }
    out
}

fn panel(id: usize, panel: &Panel, place: &Value) -> Value {
    let (kind, options) = match panel.kind {
        PanelType::TimeSeries => (
            "timeseries",
            json!({
                "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true },
                "tooltip": { "mode": "multi", "sort": "desc" },
            }),
        ),
        PanelType::Stat => (
            "stat",
            json!({
                "reduceOptions": { "calcs": ["lastNotNull"], "fields": "", "values": false },
                "colorMode": "value", "graphMode": "area", "textMode": "auto",
            }),
        ),
        PanelType::Table => ("table", json!({ "showHeader": true })),
    };
    let table = panel.kind == PanelType::Table;
    let targets: Vec<Value> = panel
        .queries
        .iter()
        .zip('A'..='Z')
        .map(|(query, letter)| {
            json!({
                "refId": letter.to_string(), "datasource": data_source(), "expr": query.expr.value,
                "legendFormat": if query.legend.is_empty() { "__auto" } else { &query.legend },
                "instant": table, "range": !table, "format": if table { "table" } else { "time_series" },
            })
        })
        .collect();
    json!({
        "id": id, "type": kind, "title": panel.title, "description": panel.doc.clone().unwrap_or_default(),
        "datasource": data_source(), "gridPos": place, "targets": targets, "options": options,
        "fieldConfig": { "defaults": { "unit": panel.unit }, "overrides": [] },
    })
}

/// The whole network at a glance: what answers, what fires, and how much voting power is up.
fn overview(plan: &Plan) -> Value {
    let selector = format!("network=\"{}\"", plan.topology.name);
    let query = |expr: String, legend: &str| crate::catalog::alerts::Query {
        expr: Spanned::nowhere(expr),
        legend: legend.to_owned(),
    };
    let one = |title: &str, kind, unit: &str, expr: String, legend: &str| Panel {
        title: title.to_owned(),
        kind,
        unit: unit.to_owned(),
        queries: vec![query(expr, legend)],
        doc: None,
    };
    let share = |by: &str| format!("avg by ({by}) (up{{{selector}}})");
    let mut first = vec![
        one("Services that answer", PanelType::Stat, "percentunit", format!("avg(up{{{selector}}})"), ""),
        one(
            "Alerts that fire",
            PanelType::Stat,
            "short",
            format!(
                "count(ALERTS{{alertstate=\"firing\", severity=~\"P1|P2|P3\", {selector}}}) or vector(0)"
            ),
            "",
        ),
    ];
    first.extend(
        voting_power(plan).map(|expr| one("Voting power up", PanelType::Stat, "percentunit", expr, "")),
    );
    let rows = vec![
        Row { title: "Now".to_owned(), panels: first },
        Row {
            title: "Where".to_owned(),
            panels: vec![
                one("By region", PanelType::TimeSeries, "percentunit", share("region"), "{{region}}"),
                one("By host", PanelType::TimeSeries, "percentunit", share("host"), "{{host}}"),
                one("By component", PanelType::TimeSeries, "percentunit", share("job"), "{{job}}"),
            ],
        },
        Row {
            title: "What".to_owned(),
            panels: vec![
                one(
                    "Firing alerts",
                    PanelType::Table,
                    "short",
                    format!("ALERTS{{alertstate=\"firing\", {selector}}}"),
                    "",
                ),
                one(
                    "Services that do not answer",
                    PanelType::Table,
                    "short",
                    format!("up{{{selector}}} == 0"),
                    "",
                ),
            ],
        },
    ];
    let title = format!("{}: overview", plan.topology.name);
    frame(plan, "network", &title, &panels(&rows), &[])
}

/// The share of voting power whose nodes answer; a node counts only when all its services do, a cluster
/// when enough of its nodes count.
fn voting_power(plan: &Plan) -> Option<String> {
    let topology = &plan.topology;
    let up = |node: &Node| {
        format!("(min(up{{network=\"{}\", node=\"{}\"}}) or vector(0))", topology.name, node.name)
    };
    let alone = topology.nodes.iter().filter(|node| node.voting_power > 0);
    let alone = alone.map(|node| format!("{} * {}", up(node), node.voting_power));
    let clusters = topology.clusters.iter().map(|cluster| {
        let nodes: Vec<String> = cluster.nodes.iter().map(|node| up(&topology.nodes[*node])).collect();
        format!("({} >= bool {}) * {}", nodes.join(" + "), cluster.needed, cluster.voting_power)
    });
    let (terms, total): (Vec<String>, u128) = (alone.chain(clusters).collect(), topology.voting_power());
    (total > 0).then(|| format!("({}) / {total}", terms.join(" + ")))
}
