//! The alerts of this network: packs of the components that are really scraped.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::Value;

use super::build::{Context, job_scope};
use super::rendered::{self, Wanted};
use super::{Alert, Job, Silenced, quorum};
use crate::analyze::tuning;
use crate::catalog::alerts as pack;
use crate::diag::{Diagnostic, codes};
use crate::emit::format::Error;
use crate::emit::format::promql::{self, Match};
use crate::topology::{Service, ServiceId, Topology, Tuning, snake};

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

/// Services for which the alert is the same.
struct Part<'a> {
    tunings: Vec<&'a Tuning>,
    services: BTreeSet<ServiceId>,
}

impl Part<'_> {
    fn is_off(&self) -> bool {
        self.tunings.iter().any(|tuning| tuning.off)
    }
}

impl<'a> Of<'a> {
    pub(super) fn add(&self, cx: &mut Context<'_>, done: &mut Alerts) {
        let targets = tuning::targets(self.topology, self.component, &self.alert.covers);
        let parts = self.parts(&targets);
        let base = base_of(&parts);
        let several = parts.len() > 1;
        let mut rules = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            // What nobody decided about is everything else, so that no series is in no rule.
            let others = parts.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, part)| part);
            let selector = match (several, Some(at) == base) {
                (false, _) => Ok(self.selector.clone()),
                (true, true) => self.without(&targets, others),
                (true, false) => self.only(&targets, &part.services),
            };
            let rule = selector.map_err(|error| error.to_string()).and_then(|selector| {
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
                let mut scope = job_scope(self.topology, &selector, &settings);
                if let (Some(scope), Some((name, value))) = (scope.as_object_mut(), &self.more) {
                    scope.insert((*name).to_owned(), value.clone());
                }
                rendered::render(cx.templates, &wanted, &scope)
            });
            match rule {
                Ok(mut rule) => {
                    rule.fires = quorum::expand(self.topology, self.jobs, rule.fires);
                    rule.silent = quorum::expand(self.topology, self.jobs, rule.silent);
                    rules.push((at, rule));
                }
                Err(why) => {
                    failed(cx, self.topology, self.name, &why);
                    return;
                }
            }
        }
        let everywhere = parts.iter().all(Part::is_off);
        let mut on = Vec::new();
        for (at, rule) in rules {
            let Some(part) = parts.get(at) else { continue };
            if part.is_off() {
                done.1.push(silenced(rule, part, everywhere, self.recorded));
            } else if Some(at) == base {
                on.insert(0, rule);
            } else {
                on.push(rule);
            }
        }
        let mut on = on.into_iter();
        if let Some(mut first) = on.next() {
            first.others = on.collect();
            done.0.insert(self.name.to_owned(), first);
        }
    }

    /// The parts of the targets by what is decided about them and by the settings that numbers depend on.
    fn parts(&self, targets: &BTreeSet<ServiceId>) -> Vec<Part<'a>> {
        let none: &[Tuning] = &[];
        let tunings = self.topology.monitoring.as_ref().map_or(none, |m| m.tuning.as_slice());
        let settings = settings_of(self.alert);
        let mut parts = Vec::new();
        for (numbers, services) in tuning::groups(tunings, self.name, targets) {
            let tunings: Vec<&Tuning> = numbers.iter().filter_map(|at| tunings.get(*at)).collect();
            let mut by_settings: BTreeMap<String, BTreeSet<ServiceId>> = BTreeMap::new();
            for service in services {
                let own = &self.topology.services[service].settings;
                let key: Vec<String> = own
                    .iter()
                    .filter(|(name, _)| settings.contains(&name.replace('-', "_")))
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                by_settings.entry(key.join(",")).or_default().insert(service);
            }
            parts.extend(
                by_settings.into_values().map(|services| Part { tunings: tunings.clone(), services }),
            );
        }
        if parts.is_empty() {
            // Nothing is scraped that it speaks of; the rule stands for what may come.
            parts.push(Part { tunings: Vec::new(), services: BTreeSet::new() });
        }
        parts
    }

    /// A real target for the proof, one of a node where there is one.
    fn target(&self, services: &BTreeSet<ServiceId>) -> Option<ServiceId> {
        let of_node = services.iter().find(|service| self.topology.services[**service].node.is_some());
        of_node
            .or(services.first())
            .copied()
            .or_else(|| self.jobs.values().find_map(|job| job.targets.first().map(|target| target.service)))
    }

    fn only(&self, all: &BTreeSet<ServiceId>, some: &BTreeSet<ServiceId>) -> Result<String, Error> {
        let (label, values) = told_by(self.topology, all, some);
        let wanted = match <[String; 1]>::try_from(values) {
            Ok([one]) => Match::Is(one),
            Err(several) => Match::AnyOf(several),
        };
        Ok(format!("{}, {}", self.selector, promql::matchers(&[(label, wanted)])?))
    }

    fn without<'p>(
        &self,
        all: &BTreeSet<ServiceId>,
        others: impl Iterator<Item = &'p Part<'p>>,
    ) -> Result<String, Error> {
        let mut selector = self.selector.clone();
        for other in others {
            let (label, values) = told_by(self.topology, all, &other.services);
            let unwanted = match <[String; 1]>::try_from(values) {
                Ok([one]) => Match::IsNot(one),
                Err(several) => Match::NoneOf(several),
            };
            selector = format!("{selector}, {}", promql::matchers(&[(label, unwanted)])?);
        }
        Ok(selector)
    }
}

/// The part whose rule takes everything that no other does: the largest about which nothing is decided,
/// or else the largest that is on.
fn base_of(parts: &[Part<'_>]) -> Option<usize> {
    let on = parts.iter().enumerate().filter(|(_, part)| !part.is_off());
    on.max_by_key(|(at, part)| (part.tunings.is_empty(), part.services.len(), std::cmp::Reverse(*at)))
        .map(|(at, _)| at)
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

/// The broadest label whose values tell some services from all others, and the values.
fn told_by(
    topology: &Topology,
    all: &BTreeSet<ServiceId>,
    some: &BTreeSet<ServiceId>,
) -> (&'static str, Vec<String>) {
    type Value<'t> = fn(&'t Topology, &'t Service) -> Option<&'t str>;
    let labels: [(&str, Value<'_>); 4] = [
        ("role", |t, s| s.node.map(|node| t.nodes[node].role.as_str())),
        ("region", |t, s| Some(t.region_name(s.host))),
        ("node", |t, s| s.node.map(|node| t.nodes[node].name.as_str())),
        ("host", |t, s| Some(t.hosts[s.host].name.as_str())),
    ];
    for (label, value) in labels {
        let of = |id: &ServiceId| value(topology, &topology.services[*id]).filter(|text| !text.is_empty());
        let inside: Option<BTreeSet<&str>> = some.iter().map(of).collect();
        let Some(inside) = inside else { continue };
        if all.difference(some).filter_map(of).all(|text| !inside.contains(text)) {
            return (label, inside.into_iter().map(str::to_owned).collect());
        }
    }
    ("service", some.iter().map(|id| topology.services[*id].name.clone()).collect())
}

fn silenced(rule: Alert, part: &Part<'_>, everywhere: bool, recorded: bool) -> Silenced {
    let reasons: Vec<String> = rule.decisions.iter().map(super::Decision::text).collect();
    Silenced {
        alert: rule.name,
        component: rule.component,
        severity: rule.severity,
        covers: rule.covers,
        services: part.services.clone(),
        everywhere,
        recorded,
        reason: reasons.join("; "),
        proofs: if everywhere { Vec::new() } else { rule.proofs },
    }
}

fn failed(cx: &mut Context<'_>, topology: &Topology, name: &str, why: &str) {
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
