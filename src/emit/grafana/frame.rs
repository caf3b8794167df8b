//! What every dashboard has: the frame, the links, and panels laid out on the grid.

use serde_json::{Value, json};

use super::{DATA_SOURCE, DATA_SOURCE_TYPE};
use crate::catalog::alerts::{Panel, PanelType, Row};
use crate::plan::Plan;

/// Grafana's grid: columns of a row, columns and rows of a panel.
const COLUMNS: usize = 24;
const PANEL_HEIGHT: usize = 8;

/// The parts that every dashboard has.
pub(super) fn frame(plan: &Plan, id: &str, title: &str, panels: &[Value], variables: &[Value]) -> Value {
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

pub(super) fn data_source() -> Value {
    json!({ "type": DATA_SOURCE_TYPE, "uid": DATA_SOURCE })
}

/// Rows of panels laid out on the grid; panels of one row share its width.
pub(super) fn panels(rows: &[Row]) -> Vec<Value> {
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
