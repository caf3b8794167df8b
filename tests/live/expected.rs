//! What must be told of a failure, by the data of the plan.

use std::collections::{BTreeMap, BTreeSet};

use netgen::manifest::Severity;
use netgen::plan::{Alert, Plan, Target};
use netgen::topology::AlertLabels;

use crate::failures::{Deed, Failure, Told};
use crate::mailbox::Notice;

/// What must be told of a failure.
#[derive(Debug)]
pub struct Expected {
    /// One of these alerts.
    pub alerts: BTreeSet<String>,
    /// With these labels at least.
    pub labels: BTreeMap<String, String>,
}

impl Expected {
    /// Looks it up.
    pub fn of(plan: &Plan, failure: &Failure) -> Self {
        let mut alerts: Vec<&Alert> =
            plan.alerts.values().filter(|alert| tells(plan, alert, failure.told)).collect();
        // P1 is the most urgent and the least of them.
        alerts.retain(|alert| alert.severity <= failure.least);
        assert!(!alerts.is_empty(), "no alert tells that {} with {:?}", failure.name, failure.least);
        let mut labels = BTreeMap::from([("network".to_owned(), plan.topology.name.clone())]);
        let mut copy = |from: &Target, names: &[&str]| {
            let chosen = from.labels.iter().filter(|(name, _)| names.contains(&name.as_str()));
            labels.extend(chosen.map(|(name, value)| (name.clone(), value.clone())));
        };
        match failure.told {
            Told::Service(service, _) | Told::Needs(service, ..) => {
                copy(target(plan, "service", service), &["region", "host", "node", "role", "service"]);
            }
            Told::Host(host, _) => copy(target(plan, "host", host), &["region", "host"]),
            Told::Region(region, _) => copy(target(plan, "region", region), &["region"]),
            Told::Network(_) | Told::Heartbeat => {}
        }
        if let Deed::NoTargets(job) = failure.done {
            labels.insert("job".to_owned(), job.to_owned());
        }
        Self { alerts: alerts.iter().map(|alert| alert.name.clone()).collect(), labels }
    }

    /// Whether a notice tells it.
    pub fn is(&self, notice: &Notice) -> bool {
        let labels = self.labels.iter().all(|(name, value)| notice.label(name) == value);
        labels && self.alerts.contains(notice.alert())
    }
}

/// Whether an alert says in its data that it tells a failure.
fn tells(plan: &Plan, alert: &Alert, told: Told) -> bool {
    let covers = &alert.covers;
    let speaks = |service: &str| {
        let target = target(plan, "service", service);
        let component = plan.topology.services[target.service].component.component.value.as_str();
        alert.component.as_deref().is_none_or(|own| own == component) && covers.speaks_of(component)
    };
    match told {
        Told::Heartbeat => alert.heartbeat,
        _ if alert.heartbeat => false,
        Told::Service(service, kind) => covers.service.contains(&kind) && speaks(service),
        Told::Needs(service, interface, kind) => {
            covers.needs.get(interface).is_some_and(|kinds| kinds.contains(&kind)) && speaks(service)
        }
        Told::Host(_, kind) => covers.host.contains(&kind),
        Told::Region(_, kind) => covers.region.contains(&kind),
        Told::Network(kind) => covers.network.contains(&kind),
    }
}

fn target<'a>(plan: &'a Plan, label: &str, value: &str) -> &'a Target {
    let mut targets = plan.jobs.values().flat_map(|job| &job.targets);
    targets
        .find(|target| target.labels.get(label).is_some_and(|own| own == value))
        .unwrap_or_else(|| panic!("nothing is scraped with {label}={value:?}"))
}

/// What is wrong with a notice, whatever it tells: labels, receiver, words, runbook.
pub fn faults(plan: &Plan, bundle: &BTreeMap<String, String>, notice: &Notice) -> Vec<String> {
    let Some(alert) = plan.alerts.get(notice.alert()) else {
        return vec!["there is no such alert".to_owned()];
    };
    let mut faults = Vec::new();
    let receivers = receivers(plan, alert, notice);
    if !receivers.contains(&notice.receiver.as_str()) {
        let wanted = if receivers.is_empty() { "nobody".to_owned() } else { receivers.join("` or `") };
        faults.push(format!("it came to `{}`, not to `{wanted}`", notice.receiver));
    }
    let mut label = |name: &str, wanted: &str| {
        if notice.label(name) != wanted {
            faults.push(format!("its label `{name}` is {:?}, not {wanted:?}", notice.label(name)));
        }
    };
    label("severity", alert.severity.word());
    label("network", &plan.topology.name);
    if !notice.label("service").is_empty() {
        let target = target(plan, "service", notice.label("service"));
        target.labels.iter().for_each(|(name, value)| label(name, value));
    }
    for name in ["summary", "description", "runbook_url"] {
        let text = notice.annotations.get(name).map_or("", String::as_str);
        // A label that an aggregation lost leaves a hole.
        if text.trim() != text || text.is_empty() || text.contains("  ") || text.contains("<error") {
            faults.push(format!("its {name} is {text:?}"));
        }
    }
    let runbook = notice.annotations.get("runbook_url").map_or("", String::as_str);
    if !bundle.contains_key(runbook.split('#').next().unwrap_or_default()) {
        faults.push(format!("its runbook `{runbook}` is not in the bundle"));
    }
    faults
}

/// Who must hear of it, by the manifest.
fn receivers<'a>(plan: &'a Plan, alert: &Alert, notice: &Notice) -> Vec<&'a str> {
    let Some(monitoring) = plan.topology.monitoring.as_ref() else { return Vec::new() };
    if alert.heartbeat {
        return monitoring.heartbeat.as_deref().into_iter().collect();
    }
    let label = |name: &str| Some(notice.label(name)).filter(|value| !value.is_empty());
    let (region, team, component) = (label("region"), label("team"), label("component"));
    monitoring.receivers_of(AlertLabels { severity: alert.severity, region, team, component })
}

/// The severity of an alert, for the story.
pub fn severity(plan: &Plan, notice: &Notice) -> &'static str {
    plan.alerts.get(notice.alert()).map_or("?", |alert: &Alert| Severity::word(alert.severity))
}
