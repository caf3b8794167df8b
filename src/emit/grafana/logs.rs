//! Logs: the data source, and the lines of one node, all of its clients together.

use serde_json::{Value, json};

use super::board::frame;
use crate::catalog::dashboard::PanelType;
use crate::plan::{CONTEXT, Dashboard, Plan};
use crate::topology::Service;

/// The interface that the data source reads.
const LOGS_API: &str = "loki-api";

/// The same in every network, so that dashboards can be moved between them.
const DATA_SOURCE: &str = "netgen-loki";

/// Grafana's plugin that reads it.
const DATA_SOURCE_TYPE: &str = "loki";

/// Its place in the list of all: after those of the network.
pub(super) const ORDER: u32 = 8;

/// The data source; `None` where the viewer reads no logs.
pub(super) fn source(plan: &Plan, viewer: &Service) -> Option<Value> {
    let topology = &plan.topology;
    let endpoint = topology
        .providers(viewer.id, LOGS_API)
        .find_map(|provider| topology.endpoint(viewer.id, provider, LOGS_API))?;
    // A link on each line finds the others.
    let links: Vec<Value> = CONTEXT
        .iter()
        .map(|name| {
            json!({
                "name": name, "matcherType": "label", "matcherRegex": name, "datasourceUid": DATA_SOURCE,
                // The second `$` keeps Grafana from taking it for a variable of the environment.
                "url": format!("{{network=\"{}\"}} | {name}=`$${{__value.raw}}`", topology.name),
                "urlDisplayLabel": format!("All lines of this {name}"),
            })
        })
        .collect();
    Some(json!({
        "name": "Loki", "uid": DATA_SOURCE, "type": DATA_SOURCE_TYPE, "access": "proxy", "url": endpoint.url(),
        "editable": false, "jsonData": { "maxLines": 1000, "derivedFields": links },
    }))
}

/// The dashboard: what the clients of a node say, side by side in time.
pub(super) fn dashboard(plan: &Plan) -> Value {
    let board = Dashboard {
        id: super::LOGS.to_owned(),
        title: "Logs of a node".to_owned(),
        doc: "What all clients of a node say, side by side in time".to_owned(),
        order: ORDER,
        component: None,
        // Streams of logs are no series: its variables are made here.
        variables: Vec::new(),
        rows: Vec::new(),
    };
    let topology = &plan.topology;
    let choice = |name: &str, values: Vec<&str>| {
        let options = values.join(",");
        json!({
            "name": name, "label": name, "type": "custom", "query": options, "includeAll": true, "multi": true,
            "allValue": ".*", "current": { "selected": true, "text": ["All"], "value": ["$__all"] },
        })
    };
    let search = json!({
        "name": "search", "label": "contains", "type": "textbox", "query": "",
        "current": { "selected": true, "text": "", "value": "" },
    });
    let variables = vec![
        choice("node", topology.nodes.iter().map(|node| node.name.as_str()).collect()),
        choice("host", topology.hosts.iter().map(|host| host.name.as_str()).collect()),
        choice("service", topology.services.iter().map(|service| service.name.as_str()).collect()),
        search,
    ];
    let stream = |more: &str| {
        let network = &topology.name;
        format!("{{network=\"{network}\", node=~\"$node\", host=~\"$host\", service=~\"$service\"{more}}}")
    };
    let bad = stream(", level=~\"warn|error|crit|fatal|panic\"");
    let panels = vec![
        counts(1, "Lines", &format!("sum by (service, level) (count_over_time({} [5m]))", stream(""))),
        lines(2, "Warnings and errors", 8, 9, &format!("{bad} |= `$search`")),
        lines(3, "All clients together", 17, 18, &format!("{} |= `$search`", stream(""))),
    ];
    frame(plan, &board, variables, panels)
}

fn data_source() -> Value {
    json!({ "type": DATA_SOURCE_TYPE, "uid": DATA_SOURCE })
}

fn counts(id: usize, title: &str, expr: &str) -> Value {
    json!({
        "id": id, "type": "timeseries", "title": title, "description": "", "datasource": data_source(),
        "gridPos": { "h": 8, "w": 24, "x": 0, "y": 0 },
        "targets": [{
            "refId": "A", "datasource": data_source(), "expr": expr, "queryType": "range",
            "legendFormat": "{{service}} {{level}}",
        }],
        "options": super::panel::kind(PanelType::TimeSeries).1,
        "fieldConfig": {
            // Counts of lines, one above the other: the height is all that was said.
            "defaults": { "unit": "short", "custom": {
                "drawStyle": "bars", "lineWidth": 1, "fillOpacity": 60, "showPoints": "never",
                "stacking": { "mode": "normal", "group": "A" },
            } },
            "overrides": [],
        },
    })
}

fn lines(id: usize, title: &str, y: usize, height: usize, expr: &str) -> Value {
    json!({
        "id": id, "type": "logs", "title": title, "description": "", "datasource": data_source(),
        "gridPos": { "h": height, "w": 24, "x": 0, "y": y },
        "targets": [{ "refId": "A", "datasource": data_source(), "expr": expr, "queryType": "range" }],
        "options": {
            "showTime": true, "showLabels": false, "showCommonLabels": false, "wrapLogMessage": true,
            "prettifyLogMessage": false, "enableLogDetails": true, "showLogContextToggle": true,
            "sortOrder": "Descending", "dedupStrategy": "none",
        },
    })
}
