//! Alert rules and recording rules.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::emit::format::promql;
use crate::emit::runbooks;
use crate::hashed::IndexMap;
use crate::plan::{Alert, Decision, Plan, Recording, RecordingGroup, Silenced};

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
    let variants = alerts.iter().flat_map(|alert| alert.variants().enumerate());
    let of = |(at, alert): (usize, &Alert)| {
        let mut rule = rule(plan, alert);
        // Rules of one name differ in a label, or readers take them for the same.
        if at > 0 {
            rule.labels.insert("variant", at.to_string());
        }
        Rule::Alert(rule)
    };
    variants.map(of).collect()
}

/// The comment above the rules: who edits them, and what is switched off and why.
pub(super) fn header(plan: &Plan, silenced: &[&Silenced]) -> String {
    let mut text = crate::emit::header(plan);
    for silenced in silenced {
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

fn rule(plan: &Plan, alert: &Alert) -> AlertRule {
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
    let mut annotations = IndexMap::from_iter([
        ("summary", alert.summary.value.clone()),
        ("description", promql::template_text(alert.meaning.trim())),
        ("runbook_url", promql::template_text(&runbooks::address(plan, alert))),
    ]);
    if !alert.decisions.is_empty() {
        let reasons: Vec<String> = alert.decisions.iter().map(Decision::text).collect();
        annotations.insert("tuned", promql::template_text(&reasons.join("; ")));
    }
    AlertRule {
        alert: alert.name.clone(),
        expr: alert.expr.clone(),
        hold: alert.hold.to_string(),
        labels,
        annotations,
    }
}
