//! Alert rules.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;

use crate::emit::format::promql;
use crate::emit::runbooks;
use crate::plan::{Alert, Plan};

#[derive(Serialize)]
pub(super) struct RuleFile {
    pub(super) groups: [Group; 1],
}

#[derive(Serialize)]
pub(super) struct Group {
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

pub(super) fn group_of(plan: &Plan, name: &str, alerts: &[&Alert]) -> Group {
    let network = &plan.topology.name;
    let rules = alerts
        .iter()
        .map(|alert| {
            let mut labels = BTreeMap::from([("severity", alert.severity.word().to_owned())]);
            // Aggregations drop the label; alerts of one network must still be told from those of another.
            labels.insert("network", network.clone());
            // Of the network's own alerts, some are about one job: those keep its label.
            let component = alert.component.clone().unwrap_or_else(|| "{{ $labels.job }}".to_owned());
            labels.insert("component", component);
            // So does one that adds up the services of one team.
            if let Some(team) = plan.team_of(alert) {
                labels.insert("team", team.to_owned());
            }
            Rule {
                alert: alert.name.clone(),
                expr: alert.expr.clone(),
                hold: alert.hold.to_string(),
                labels,
                annotations: IndexMap::from([
                    ("summary", alert.summary.clone()),
                    ("description", promql::template_text(alert.meaning.trim())),
                    ("runbook_url", runbooks::address(plan, alert)),
                ]),
            }
        })
        .collect();
    Group { name: name.to_owned(), rules }
}
