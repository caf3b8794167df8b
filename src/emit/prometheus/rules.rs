//! Alert rules.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;

use super::Group;
use crate::emit::format::promql;
use crate::plan::{Alert, Decision, Plan};

#[derive(Serialize)]
pub(super) struct RuleFile {
    pub(super) groups: [RuleGroup; 1],
}

#[derive(Serialize)]
pub(super) struct RuleGroup {
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

/// The comment above the rules: who edits them, and what is switched off and why.
pub(super) fn header(plan: &Plan, of: &Group<'_>) -> String {
    let mut text = crate::emit::header(plan);
    for silenced in &of.silenced {
        let whom = if silenced.everywhere {
            String::new()
        } else {
            let names: Vec<&str> =
                silenced.services.iter().map(|id| plan.topology.services[*id].name.as_str()).collect();
            format!(" for {}", names.join(", "))
        };
        // A reason is a text of the manifest, and a comment ends with its line.
        let reason: Vec<&str> = silenced.reason.split_whitespace().collect();
        text.push_str(&format!("\n{} is switched off{whom}: {}", silenced.alert, reason.join(" ")));
    }
    text
}

pub(super) fn group_of(plan: &Plan, name: &str, of: &Group<'_>) -> RuleGroup {
    let rules = of.alerts.iter().flat_map(|alert| alert.variants()).map(|alert| rule(plan, alert)).collect();
    RuleGroup { name: name.to_owned(), rules }
}

fn rule(plan: &Plan, alert: &Alert) -> Rule {
    let mut labels = BTreeMap::from([("severity", alert.severity.word().to_owned())]);
    // Aggregations drop the label; alerts of one network must still be told from those of another.
    labels.insert("network", plan.topology.name.clone());
    if let Some(component) = &alert.component {
        labels.insert("component", component.clone());
    }
    let mut annotations = IndexMap::from([
        ("summary", alert.summary.clone()),
        ("description", promql::template_text(alert.meaning.trim())),
        ("runbook_url", runbook(plan, alert)),
    ]);
    if !alert.decisions.is_empty() {
        let reasons: Vec<String> = alert.decisions.iter().map(Decision::text).collect();
        annotations.insert("tuned", promql::template_text(&reasons.join("; ")));
    }
    Rule {
        alert: alert.name.clone(),
        expr: alert.expr.clone(),
        hold: alert.hold.to_string(),
        labels,
        annotations,
    }
}

/// Where the runbook of an alert stands: published, or in the bundle.
fn runbook(plan: &Plan, alert: &Alert) -> String {
    let base = plan.topology.monitoring.as_ref().and_then(|m| m.runbook_url.as_deref()).unwrap_or("runbooks");
    format!("{base}/{}.md", alert.name)
}
