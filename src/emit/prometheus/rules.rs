//! Alert rules.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;

use super::Group;
use crate::emit::format::promql;
use crate::emit::runbooks;
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
    // Of the network's own alerts, some are about one job: those keep its label.
    let component = alert.component.clone().unwrap_or_else(|| "{{ $labels.job }}".to_owned());
    labels.insert("component", component);
    // So does one that adds up the services of one team.
    if let Some(team) = plan.team_of(alert) {
        labels.insert("team", team.to_owned());
    }
    let mut annotations = IndexMap::from([
        ("summary", alert.summary.value.clone()),
        ("description", promql::template_text(alert.meaning.trim())),
        ("runbook_url", runbooks::address(plan, alert)),
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
