//! How an alert is found: its rules, their numbers, and what the manifest decided about them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::plan::{Alert, Decision, Plan};
use crate::topology::ServiceId;

/// More names than this are counted.
const MOST: usize = 20;

/// The rules of an alert: the one for all others first.
pub(super) fn rules(plan: &Plan, alert: &Alert) -> Vec<Value> {
    let several = !alert.others.is_empty();
    let rule = |rule: &Alert| {
        let values = rule.values.iter().map(
            |(name, value)| json!({ "name": name, "is": value.unit.written(value.number), "doc": value.doc }),
        );
        json!({
            "whom": rule.services.as_ref().filter(|_| several).map(|services| names(plan, services)),
            "expr": rule.expr, "hold": rule.hold.to_string(), "severity": rule.severity.word(),
            "values": values.collect::<Vec<Value>>(),
            "decisions": rule.decisions.iter().map(Decision::text).collect::<Vec<String>>(),
        })
    };
    alert.variants().map(rule).collect()
}

/// For whom an alert is switched off, and why.
pub(super) fn switched_off(plan: &Plan, alert: &Alert) -> Vec<Value> {
    let silenced = plan.silenced.iter().filter(|silenced| silenced.alert == alert.name);
    silenced.map(|off| json!({ "whom": names(plan, &off.services), "reason": off.reason })).collect()
}

fn names(plan: &Plan, services: &BTreeSet<ServiceId>) -> String {
    let mut names: Vec<String> =
        services.iter().take(MOST).map(|id| plan.topology.services[*id].name.clone()).collect();
    let rest = services.len() - names.len();
    if rest > 0 {
        names.push(format!("{rest} more"));
    }
    names.join(", ")
}
