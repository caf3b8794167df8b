//! Who is called for an alert, where and when.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde_json::{Value, json};

use crate::hashed::IndexMap;
use crate::manifest::Severity;
use crate::plan::{Alert, Plan};
use crate::topology::{AlertLabels, Monitoring, Taker};

/// How many of those for whom the same people are called are named.
const MOST_NAMED: usize = 8;

/// Who is called, by what an alert has that routes can ask for: nothing else of it makes a difference.
pub(super) struct Escalation<'p> {
    monitoring: &'p Monitoring,
    known: BTreeMap<(Severity, Option<&'p str>), Known>,
}

struct Known {
    /// Everyone who is called at some hour.
    called: Vec<String>,
    /// The teams that it can be of.
    teams: String,
    /// One row for all for whom the same people are called: for whom, then who at which hours.
    rows: Value,
}

impl<'p> Escalation<'p> {
    pub(super) fn new(plan: &'p Plan, monitoring: &'p Monitoring) -> Self {
        let of_alerts = plan.every_alert().map(|alert| (alert.severity, alert.component.as_deref()));
        let of_any = Severity::ALL.into_iter().map(|severity| (severity, None));
        let asked: BTreeSet<(Severity, Option<&str>)> = of_alerts.chain(of_any).collect();
        let asked: Vec<_> = asked.into_iter().collect();
        let kinds = plan.topology.alert_kinds();
        let of = |(severity, component): &(Severity, Option<&'p str>)| {
            let labels = kinds.labels(*severity, *component);
            let teams: BTreeSet<&str> = labels.iter().filter_map(|labels| labels.team).collect();
            let teams = teams.into_iter().collect::<Vec<_>>().join(", ");
            let known = Known { called: called(monitoring, &labels), teams, rows: rows(monitoring, &labels) };
            ((*severity, *component), known)
        };
        Self { monitoring, known: asked.par_iter().map(of).collect() }
    }

    fn of<'a>(&'a self, alert: &'a Alert) -> Option<&'a Known> {
        self.known.get(&(alert.severity, alert.component.as_deref()))
    }

    /// Everyone who is called for an alert at some hour.
    pub(super) fn called(&self, alert: &Alert) -> String {
        if alert.heartbeat {
            return self.monitoring.heartbeat.clone().unwrap_or_default();
        }
        self.of(alert).map(|known| known.called.join(", ")).unwrap_or_default()
    }

    /// The teams that an alert can be of.
    pub(super) fn teams<'a>(&'a self, alert: &'a Alert) -> &'a str {
        self.of(alert).map_or("", |known| &known.teams)
    }

    /// Who is called for an alert, and for which of its places.
    pub(super) fn rows(&self, alert: &Alert) -> Value {
        let known = self.of(alert).filter(|_| !alert.heartbeat);
        known.map_or_else(|| json!([]), |known| known.rows.clone())
    }

    /// The same for every alert of a severity that asks for no component.
    pub(super) fn by_place(&self, severity: Severity) -> Value {
        self.known.get(&(severity, None)).map_or_else(|| json!([]), |known| known.rows.clone())
    }
}

fn called(monitoring: &Monitoring, labels: &BTreeSet<AlertLabels<'_>>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for labels in labels {
        for name in monitoring.receivers_of(*labels) {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

fn rows(monitoring: &Monitoring, labels: &BTreeSet<AlertLabels<'_>>) -> Value {
    let mut groups: IndexMap<Vec<String>, Vec<String>> = IndexMap::default();
    let mut told = BTreeSet::new();
    for labels in labels {
        let who: Vec<String> = monitoring.takers(*labels).iter().map(words).collect();
        // Routes that ask for the component split what has the same region and team.
        if told.insert((place(*labels), who.clone())) {
            groups.entry(who).or_default().push(place(*labels));
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
