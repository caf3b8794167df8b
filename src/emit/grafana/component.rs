//! The dashboard of one component.

use serde_json::{Value, json};

use super::frame::{data_source, frame, panels};
use crate::plan::{Dashboard, Plan};

/// A dashboard of one component, with variables for hosts and services.
pub(super) fn dashboard(plan: &Plan, board: &Dashboard) -> Value {
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
