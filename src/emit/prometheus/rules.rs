//! Alert rules.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;

use crate::emit::format::promql;
use crate::plan::{Alert, Plan};

#[derive(Serialize)]
pub(in crate::emit) struct RuleFile {
    pub(in crate::emit) groups: [Group; 1],
}

#[derive(Serialize)]
pub(in crate::emit) struct Group {
    name: String,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
struct Rule {
    alert: String,
    expr: String,
    #[serde(rename = "for")]
    hold: String,
    labels: BTreeMap<&'static str, String>,
    annotations: IndexMap<&'static str, String>,
}

pub(in crate::emit) fn group_of(plan: &Plan, name: &str, alerts: &[&Alert]) -> Group {
    let network = &plan.topology.name;
    let rules = alerts
        .iter()
        .map(|alert| {
            let mut labels = BTreeMap::from([("severity", alert.severity.word().to_owned())]);
            // Aggregations drop the label; alerts of one network must still be told from those of another.
            labels.insert("network", network.clone());
            if let Some(component) = &alert.component {
                labels.insert("component", component.clone());
            }
            Rule {
                alert: alert.name.clone(),
                expr: alert.expr.clone(),
                hold: alert.hold.to_string(),
                labels,
                annotations: IndexMap::from([
                    ("summary", alert.summary.clone()),
                    ("description", promql::template_text(alert.meaning.trim())),
                    ("runbook_url", runbook(plan, alert)),
                ]),
            }
        })
        .collect();
    Group { name: name.to_owned(), rules }
}

/// Where the runbook of an alert stands: published, or in the bundle.
fn runbook(plan: &Plan, alert: &Alert) -> String {
    let base = plan.topology.monitoring.as_ref().and_then(|m| m.runbook_url.as_deref()).unwrap_or("runbooks");
    format!("{base}/{}.md", alert.name)
}
