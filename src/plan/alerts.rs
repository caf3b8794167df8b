//! The alerts of this network: packs of the components that are really scraped.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use serde_json::{Value, json};

use super::build::{Context, job_scope};
use super::parts::{self, Part};
use super::rendered::{self, Wanted};
use super::{Alert, Job, PAGES, Reads, Silenced, quorum};
use crate::analyze::tuning::Scraped;
use crate::catalog::{Entry, alerts as pack};
use crate::diag::{Diagnostic, codes};
use crate::hashed::IndexMap;
use crate::template::{Context as Scope, Templates};
use crate::text::Span;
use crate::topology::{ServiceId, Topology, snake};

/// The alerts by name, and those that are switched off.
pub(super) type Alerts = (BTreeMap<String, Alert>, Vec<Silenced>);

/// What all alerts are rendered from.
pub(super) struct Ground<'a> {
    topology: &'a Topology,
    jobs: &'a BTreeMap<String, Job>,
    /// What their templates see.
    scope: Scope,
    scraped: Scraped<'a>,
}

impl<'a> Ground<'a> {
    pub(super) fn new(topology: &'a Topology, jobs: &'a BTreeMap<String, Job>) -> Self {
        Self { topology, jobs, scope: job_scope(topology), scraped: Scraped::of(topology) }
    }
}

/// Every alert whose component is scraped, and those of the network as a whole.
pub(super) fn alerts(cx: &mut Context<'_>, ground: &Ground<'_>) -> Alerts {
    let Ground { topology, jobs, .. } = *ground;
    let of_network = cx.network_alerts(topology);
    pages(cx, topology, of_network.keys());
    let voting = quorum::scope(topology);
    let selector = format!("network=\"{}\"", topology.name);
    let network = of_network.iter().map(|(name, alert)| {
        let (selector, more) = (selector.clone(), Some(("voting", &voting)));
        Of { name, component: None, alert, selector, more, recorded: false }
    });
    let entries: Vec<(&str, Arc<Entry>)> =
        jobs.keys().filter_map(|job| Some((job.as_str(), cx.entry(job)?))).collect();
    let components = entries.iter().flat_map(|(job, entry)| {
        entry.alerts.alerts.iter().map(move |(name, alert)| {
            let (component, selector) = (Some(*job), format!("job=\"{job}\""));
            Of { name, component, alert, selector, more: None, recorded: false }
        })
    });
    let mut done = Alerts::default();
    add(cx, ground, &network.chain(components).collect::<Vec<_>>(), &mut done);
    done
}

/// Each alert has a page of its own, also where upper and lower case are one.
fn pages<'n>(cx: &mut Context<'_>, topology: &Topology, of_network: impl Iterator<Item = &'n String>) {
    let mut taken: BTreeMap<String, (String, Span)> = BTreeMap::new();
    for page in PAGES {
        taken.insert(page.to_ascii_lowercase(), (format!("the page `{page}`"), Span::nowhere()));
    }
    for name in of_network {
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
    pub(super) name: &'a str,
    pub(super) component: Option<&'a str>,
    pub(super) alert: &'a pack::Alert,
    pub(super) selector: String,
    /// What its templates see besides.
    pub(super) more: Option<(&'static str, &'a Value)>,
    /// Whether it reads what is recorded: then its proof names all labels itself.
    pub(super) recorded: bool,
}

/// Renders alerts side by side, and adds them in their order.
pub(super) fn add(cx: &mut Context<'_>, ground: &Ground<'_>, alerts: &[Of<'_>], done: &mut Alerts) {
    let templates = cx.templates;
    let rendered: Vec<_> = alerts.par_iter().map(|of| of.rules(templates, ground)).collect();
    for (of, rendered) in alerts.iter().zip(rendered) {
        match rendered {
            Ok((parts, rules)) => {
                let reads = if of.recorded { Reads::Recorded } else { Reads::Scraped };
                parts::gather(&parts, rules, reads, done);
            }
            Err(why) => failed(cx, ground.topology, of.name, &why),
        }
    }
}

impl Of<'_> {
    /// Its rules, one for each part of its targets.
    fn rules<'g>(
        &self,
        templates: &Templates,
        ground: &Ground<'g>,
    ) -> Result<(Vec<Part<'g>>, Vec<Alert>), String> {
        let Ground { topology, jobs, .. } = *ground;
        let targets = ground.scraped.targets(self.component, &self.alert.covers);
        let parts = parts::split(topology, self.name, &targets, &settings_of(self.alert), &self.selector);
        let several = parts.len() > 1;
        let more = self.more.map(|(name, value)| ground.scope.with(name, value));
        let scope = more.as_ref().unwrap_or(&ground.scope);
        let mut rules = Vec::new();
        for part in &parts {
            let selector = part.selector.as_ref().map_err(ToString::to_string)?;
            let wanted = Wanted {
                topology,
                jobs,
                name: self.name,
                component: self.component,
                alert: self.alert,
                services: several.then_some(&part.services),
                target: target(ground, &part.services).filter(|_| !self.recorded),
                tunings: &part.tunings,
            };
            let scope = scope.with("selector", &json!(selector));
            let settings = wanted.target.filter(|_| self.component.is_some()).map(|service| {
                scope.with("settings", &Value::Object(snake(&topology.services[service].settings)))
            });
            let mut rule = rendered::render(templates, &wanted, settings.as_ref().unwrap_or(&scope))?;
            rule.fires = quorum::expand(topology, jobs, rule.fires);
            rule.silent = quorum::expand(topology, jobs, rule.silent);
            rules.push(rule);
        }
        Ok((parts, rules))
    }
}

/// A real target for the proof, one of a node where there is one.
fn target(ground: &Ground<'_>, services: &BTreeSet<ServiceId>) -> Option<ServiceId> {
    let of_node = services.iter().find(|service| ground.topology.services[**service].node.is_some());
    of_node
        .or(services.first())
        .copied()
        .or_else(|| ground.jobs.values().find_map(|job| job.targets.first().map(|target| target.service)))
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
    let mut all = IndexMap::default();
    all.insert("job".to_owned(), job.name.clone());
    all.insert("instance".to_owned(), labels.get("service").cloned().unwrap_or_default());
    all.extend(labels.clone());
    all
}
