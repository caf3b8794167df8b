//! One dashboard: its frame, its variables and its panels on the grid.

use serde_json::{Value, json};

use super::links::{self, uid};
use super::{data_source, grid, object, panel};
use crate::catalog::dashboard::Choice;
use crate::emit::format::promql::string;
use crate::plan::{Dashboard, Plan};

/// The version of the form of dashboards that is written; Grafana brings older ones up to its own.
const SCHEMA_VERSION: u32 = 39;

/// A dashboard in the form that file provisioning reads: the title at the top, and no id of its own.
pub(super) fn dashboard(plan: &Plan, board: &Dashboard) -> Value {
    frame(plan, board, variables(plan, board), panels(plan, board))
}

/// The frame of a dashboard around its variables and panels.
pub(super) fn frame(plan: &Plan, board: &Dashboard, variables: Vec<Value>, panels: Vec<Value>) -> Value {
    let component = board.component.as_ref().map(|_| "component");
    let tags: Vec<&str> = ["netgen", plan.topology.name.as_str()].into_iter().chain(component).collect();
    let mut frame = json!({
        "id": null, "uid": uid(&board.id), "title": board.title, "description": board.doc, "tags": tags,
        "schemaVersion": SCHEMA_VERSION, "version": 1, "editable": false, "graphTooltip": 1, "timezone": "utc",
        "refresh": "30s", "time": { "from": "now-6h", "to": "now" },
        "annotations": { "list": [] }, "links": links::of_board(plan, board),
    });
    if let Some(map) = frame.as_object_mut() {
        map.insert("templating".to_owned(), object([("list", variables.into())]));
        map.insert("panels".to_owned(), panels.into());
    }
    frame
}

/// The variables, each with the values that the ones before it leave.
fn variables(plan: &Plan, board: &Dashboard) -> Vec<Value> {
    let mut matchers: Vec<String> = Vec::new();
    matchers.extend(board.component.iter().map(|job| format!("job={}", string(job))));
    let fixed = !board.variables.iter().any(|choice| choice.label() == Choice::Network.label());
    matchers.extend(fixed.then(|| format!("network={}", string(&plan.topology.name))));
    let mut list = Vec::new();
    for choice in &board.variables {
        let (name, several) = (choice.label(), choice.several());
        let own = (*choice == Choice::Node).then(|| "node!=\"\"".to_owned());
        let all: Vec<&str> = matchers.iter().chain(&own).map(String::as_str).collect();
        let series = if all.is_empty() { "up".to_owned() } else { format!("up{{{}}}", all.join(", ")) };
        let mut variable = json!({
            "name": name, "label": name, "type": "query", "datasource": data_source(),
            "query": { "query": format!("label_values({series}, {name})"), "refId": name },
            "includeAll": several, "multi": several, "refresh": 2, "sort": 1,
        });
        if let Some(map) = variable.as_object_mut() {
            if several {
                map.insert("allValue".to_owned(), json!(".*"));
            }
            let current = if several { "$__all" } else { plan.topology.name.as_str() };
            let text = if several { "All" } else { current };
            map.insert("current".to_owned(), json!({ "selected": true, "text": text, "value": current }));
        }
        list.push(variable);
        let sign = if several { "=~" } else { "=" };
        matchers.push(format!("{name}{sign}\"${name}\""));
    }
    list
}

fn panels(plan: &Plan, board: &Dashboard) -> Vec<Value> {
    let mut out = Vec::new();
    let mut y = 0;
    for row in &board.rows {
        let id = out.len() + 1;
        out.push(json!({
            "id": id, "type": "row", "title": row.title, "collapsed": false, "panels": [],
            "gridPos": { "h": 1, "w": grid::COLUMNS, "x": 0, "y": y },
        }));
        y += 1;
        let (placed, height) = grid::row(&row.panels);
        for (one, place) in placed {
            let (id, at) = (out.len() + 1, y + place.y);
            let place = json!({ "h": place.h, "w": place.w, "x": place.x, "y": at });
            out.push(panel::panel(plan, board, id, one, place));
        }
        y += height;
    }
    out
}
