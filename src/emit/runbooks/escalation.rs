//! Who is called for an alert, where and when.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::manifest::Severity;
use crate::plan::{Alert, Plan};
use crate::topology::{AlertLabels, Monitoring, Taker};

/// How many of those for whom the same people are called are named.
const MOST_NAMED: usize = 8;

/// Everyone who is called for an alert at some hour.
pub(super) fn called(plan: &Plan, monitoring: &Monitoring, alert: &Alert) -> Vec<String> {
    if alert.heartbeat {
        return monitoring.heartbeat.iter().cloned().collect();
    }
    let mut names: Vec<String> = Vec::new();
    for labels in plan.topology.alert_labels(alert.severity, alert.component.as_deref()) {
        for name in monitoring.receivers_of(labels) {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// One row for all for whom the same people are called: for whom, then who at which hours.
pub(super) fn rows(plan: &Plan, monitoring: &Monitoring, alert: &Alert) -> Vec<Value> {
    if alert.heartbeat {
        return Vec::new();
    }
    grouped(plan, monitoring, alert.severity, alert.component.as_deref())
}

/// The same for every alert of a severity that asks for no component.
pub(super) fn by_place(plan: &Plan, monitoring: &Monitoring, severity: Severity) -> Vec<Value> {
    grouped(plan, monitoring, severity, None)
}

fn grouped(plan: &Plan, monitoring: &Monitoring, severity: Severity, component: Option<&str>) -> Vec<Value> {
    let mut groups: IndexMap<Vec<String>, Vec<String>> = IndexMap::new();
    let mut told = BTreeSet::new();
    for labels in plan.topology.alert_labels(severity, component) {
        let who: Vec<String> = monitoring.takers(labels).iter().map(words).collect();
        // Routes that ask for the component split what has the same region and team.
        if told.insert((place(labels), who.clone())) {
            groups.entry(who).or_default().push(place(labels));
        }
    }
    let row = |(who, places): (Vec<String>, Vec<String>)| {
        let more = places.len().saturating_sub(MOST_NAMED);
        let places: Vec<String> = places.into_iter().take(MOST_NAMED).collect();
        json!({ "for": places.join("; "), "more": more, "who": who })
    };
    groups.into_iter().map(row).collect()
}

fn place(labels: AlertLabels<'_>) -> String {
    let named = [("region", labels.region), ("team", labels.team)];
    let words: Vec<String> =
        named.into_iter().filter_map(|(label, value)| Some(format!("{label} {}", value?))).collect();
    if words.is_empty() { "without region and team".to_owned() } else { words.join(", ") }
}

/// The receivers of a route, and the hours at which it is the one.
fn words(taker: &Taker<'_>) -> String {
    let hours: Vec<String> = taker
        .when
        .iter()
        .map(|when| format!("{} {}", if when.inside { "during" } else { "outside" }, when.time))
        .collect();
    let hours = if hours.is_empty() { "at any hour".to_owned() } else { hours.join(" and ") };
    format!("{}: {hours}", taker.route.to.join(" and "))
}
