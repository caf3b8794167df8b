//! Alert rules and recording rules.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;

use crate::emit::format::promql;
use crate::plan::{Alert, Plan, Recording, RecordingGroup};

#[derive(Serialize)]
pub(super) struct RuleFile {
    pub(super) groups: Vec<Group>,
}

#[derive(Serialize)]
pub(super) struct Group {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<String>,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Rule {
    Record(Record),
    Alert(AlertRule),
}

#[derive(Serialize)]
struct Record {
    record: String,
    expr: String,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    labels: IndexMap<String, String>,
}

#[derive(Serialize)]
struct AlertRule {
    alert: String,
    expr: String,
    #[serde(rename = "for")]
    hold: String,
    labels: BTreeMap<&'static str, String>,
    annotations: IndexMap<&'static str, String>,
}

/// The group of a name: its alerts.
pub(super) fn group_of(plan: &Plan, name: &str, alerts: &[&Alert]) -> Group {
    Group { name: name.to_owned(), interval: None, rules: alert_rules(plan, alerts) }
}

/// A group that records series, and the alerts that read them: rules of a group are evaluated in order,
/// so an alert sees what was recorded at the same time.
pub(super) fn recording_group(plan: &Plan, group: &RecordingGroup, alerts: &[&Alert]) -> Group {
    let record = |rule: &Recording| {
        let Recording { name, expr, labels, reads: _, result: _ } = rule;
        Rule::Record(Record { record: name.clone(), expr: expr.clone(), labels: labels.clone() })
    };
    let rules = group.rules.iter().map(record).chain(alert_rules(plan, alerts)).collect();
    Group { name: group.name.clone(), interval: group.interval.map(|i| i.to_string()), rules }
}

fn alert_rules(plan: &Plan, alerts: &[&Alert]) -> Vec<Rule> {
    let network = &plan.topology.name;
    alerts
        .iter()
        .map(|alert| {
            let mut labels = BTreeMap::from([("severity", alert.severity.word().to_owned())]);
            // Aggregations drop the label; alerts of one network must still be told from those of another.
            labels.insert("network", network.clone());
            if let Some(component) = &alert.component {
                labels.insert("component", component.clone());
            }
            Rule::Alert(AlertRule {
                alert: alert.name.clone(),
                expr: alert.expr.clone(),
                hold: alert.hold.to_string(),
                labels,
                annotations: IndexMap::from([
                    ("summary", alert.summary.clone()),
                    ("description", promql::template_text(alert.meaning.trim())),
                    ("runbook_url", runbook(plan, alert)),
                ]),
            })
        })
        .collect()
}

/// Where the runbook of an alert stands: published, or in the bundle.
fn runbook(plan: &Plan, alert: &Alert) -> String {
    let base = plan.topology.monitoring.as_ref().and_then(|m| m.runbook_url.as_deref()).unwrap_or("runbooks");
    format!("{base}/{}.md", alert.name)
}
