//! The alerts of this network: packs of the components that are really scraped.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::Value;

use super::build::{Context, job_scope};
use super::rendered::{self, Wanted};
use super::{Alert, Job, PAGES, Reads, Silenced, parts, quorum};
use crate::analyze::tuning;
use crate::catalog::alerts as pack;
use crate::diag::{Diagnostic, codes};
use crate::text::Span;
use crate::topology::{ServiceId, Topology, snake};

/// The alerts by name, and those that are switched off.
pub(super) type Alerts = (BTreeMap<String, Alert>, Vec<Silenced>);

/// Every alert whose component is scraped, and those of the network as a whole.
pub(super) fn alerts(cx: &mut Context<'_>, topology: &Topology, jobs: &BTreeMap<String, Job>) -> Alerts {
    let mut done = (BTreeMap::new(), Vec::new());
    let voting = quorum::scope(topology);
    for (name, alert) in cx.network_alerts(topology) {
        let selector = format!("network=\"{}\"", topology.name);
        let more = Some(("voting", voting.clone()));
        Of { topology, jobs, name: &name, component: None, alert: &alert, selector, more, recorded: false }
            .add(cx, &mut done);
    }
    pages(cx, topology);
    for job in jobs.values() {
        let Some(entry) = cx.entry(&job.name) else { continue };
        let selector = format!("job=\"{}\"", job.name);
        for (name, alert) in &entry.alerts.alerts {
            let (component, selector) = (Some(job.name.as_str()), selector.clone());
            Of { topology, jobs, name, component, alert, selector, more: None, recorded: false }
                .add(cx, &mut done);
        }
    }
    done
}

/// Each alert has a page of its own, also where upper and lower case are one.
fn pages(cx: &mut Context<'_>, topology: &Topology) {
    let mut taken: BTreeMap<String, (String, Span)> = BTreeMap::new();
    for page in PAGES {
        taken.insert(page.to_ascii_lowercase(), (format!("the page `{page}`"), Span::nowhere()));
    }
    for name in cx.network_alerts(topology).keys() {
        taken.insert(name.to_ascii_lowercase(), (format!("alert `{name}` of the network"), Span::nowhere()));
    }
    for id in topology.components_in_use() {
        let Some(entry) = cx.entry(id) else { continue };
        let place = entry.component.component.span;
        for name in entry.alerts.alerts.keys().chain(entry.alerts.log_alerts.keys()) {
            let what = format!("alert `{name}` of component `{id}`");
            let Some((first, span)) = taken.get(&name.to_ascii_lowercase()) else {
                taken.insert(name.to_ascii_lowercase(), (what, place));
                continue;
            };
            cx.sink.push(
                Diagnostic::new(
                    &codes::BAD_COMPONENT,
                    place,
                    format!("{first} and {what} would have one page of the runbooks"),
                )
                .here("in this component")
                .label(*span, "and in this one")
                .help(format!("rename `{name}`; upper and lower case make no difference")),
            );
        }
    }
}

/// An alert of a pack in this network.
pub(super) struct Of<'a> {
    pub(super) topology: &'a Topology,
    pub(super) jobs: &'a BTreeMap<String, Job>,
    pub(super) name: &'a str,
    pub(super) component: Option<&'a str>,
    pub(super) alert: &'a pack::Alert,
    pub(super) selector: String,
    /// What its templates see besides.
    pub(super) more: Option<(&'static str, Value)>,
    /// Whether it reads what is recorded: then its proof names all labels itself.
    pub(super) recorded: bool,
}

impl Of<'_> {
    pub(super) fn add(&self, cx: &mut Context<'_>, done: &mut Alerts) {
        let targets = tuning::targets(self.topology, self.component, &self.alert.covers);
        let parts =
            parts::split(self.topology, self.name, &targets, &settings_of(self.alert), &self.selector);
        let several = parts.len() > 1;
        let mut rules = Vec::new();
        for part in &parts {
            let rule = part.selector.as_ref().map_err(ToString::to_string).and_then(|selector| {
                let wanted = Wanted {
                    topology: self.topology,
                    jobs: self.jobs,
                    name: self.name,
                    component: self.component,
                    alert: self.alert,
                    services: several.then_some(&part.services),
                    target: self.target(&part.services).filter(|_| !self.recorded),
                    tunings: &part.tunings,
                };
                let settings = wanted.target.map_or(Value::Null, |service| {
                    Value::Object(snake(&self.topology.services[service].settings))
                });
                let settings = if self.component.is_some() { settings } else { Value::Null };
                let mut scope = job_scope(self.topology, selector, &settings);
                if let (Some(scope), Some((name, value))) = (scope.as_object_mut(), &self.more) {
                    scope.insert((*name).to_owned(), value.clone());
                }
                rendered::render(cx.templates, &wanted, &scope)
            });
            match rule {
                Ok(mut rule) => {
                    rule.fires = quorum::expand(self.topology, self.jobs, rule.fires);
                    rule.silent = quorum::expand(self.topology, self.jobs, rule.silent);
                    rules.push(rule);
                }
                Err(why) => {
                    failed(cx, self.topology, self.name, &why);
                    return;
                }
            }
        }
        let reads = if self.recorded { Reads::Recorded } else { Reads::Scraped };
        parts::gather(&parts, rules, reads, done);
    }

    /// A real target for the proof, one of a node where there is one.
    fn target(&self, services: &BTreeSet<ServiceId>) -> Option<ServiceId> {
        let of_node = services.iter().find(|service| self.topology.services[**service].node.is_some());
        of_node
            .or(services.first())
            .copied()
            .or_else(|| self.jobs.values().find_map(|job| job.targets.first().map(|target| target.service)))
    }
}

/// The settings that the numbers of an alert depend on.
fn settings_of(alert: &pack::Alert) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for threshold in alert.values.values() {
        let text = threshold.default.text();
        for part in text.split("settings.").skip(1) {
            names.insert(part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect());
        }
    }
    names
}

pub(super) fn failed(cx: &mut Context<'_>, topology: &Topology, name: &str, why: &str) {
    let origin = topology.monitoring.as_ref().map_or(crate::text::Span::nowhere(), |m| m.origin);
    cx.sink.push(
        Diagnostic::new(&codes::BAD_TEMPLATE, origin, format!("alert `{name}` fails: {why}"))
            .here("monitoring is asked for here"),
    );
}

/// The labels of the series of a target.
pub(super) fn series_labels(job: &Job, labels: &IndexMap<String, String>) -> IndexMap<String, String> {
    let mut all = IndexMap::new();
    all.insert("job".to_owned(), job.name.clone());
    all.insert("instance".to_owned(), labels.get("service").cloned().unwrap_or_default());
    all.extend(labels.clone());
    all
}
