//! One alert, several rules: services about which something else is decided have a rule of their own, and
//! each series is in exactly one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::alerts::Alerts;
use super::{Alert, Decision, Reads, Silenced};
use crate::analyze::tuning;
use crate::emit::format::Error;
use crate::emit::format::promql::{self, Match};
use crate::template::spoken;
use crate::topology::{Service, ServiceId, Topology, Tuning};

/// Services for which the alert is the same.
pub(super) struct Part<'a> {
    pub(super) tunings: Vec<&'a Tuning>,
    pub(super) services: BTreeSet<ServiceId>,
    /// The label matchers by which its rule finds their series, and no others.
    pub(super) selector: Result<String, Error>,
    /// Its rule takes everything that no other does.
    base: bool,
}

impl Part<'_> {
    fn is_off(&self) -> bool {
        self.tunings.iter().any(|tuning| tuning.off)
    }
}

/// The parts of the targets of an alert, by what is decided about them and by the `settings` that its
/// numbers depend on; at least one.
pub(super) fn split<'a>(
    topology: &'a Topology,
    alert: &str,
    targets: &BTreeSet<ServiceId>,
    settings: &BTreeSet<String>,
    selector: &str,
) -> Vec<Part<'a>> {
    let none: &[Tuning] = &[];
    let tunings = topology.monitoring.as_ref().map_or(none, |m| m.tuning.as_slice());
    let mut parts = Vec::new();
    for (numbers, services) in tuning::groups(tunings, alert, targets) {
        let tunings: Vec<&Tuning> = numbers.iter().filter_map(|at| tunings.get(*at)).collect();
        let mut by_settings: BTreeMap<String, BTreeSet<ServiceId>> = BTreeMap::new();
        if settings.is_empty() {
            parts.push((tunings, services.into_iter().collect()));
            continue;
        }
        for service in services {
            let own = &topology.services[service].settings;
            let key: Vec<String> = own
                .iter()
                .filter(|(name, _)| settings.contains(spoken(name).as_ref()))
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            by_settings.entry(key.join(",")).or_default().insert(service);
        }
        parts.extend(by_settings.into_values().map(|services| (tunings.clone(), services)));
    }
    if parts.is_empty() {
        // Nothing is scraped that it speaks of; the rule stands for what may come.
        parts.push((Vec::new(), BTreeSet::new()));
    }
    let base = base_of(&parts);
    let one = |at: usize, services: &BTreeSet<ServiceId>| match (parts.len() > 1, Some(at) == base) {
        (false, _) => Ok(selector.to_owned()),
        (true, true) => {
            // What nobody decided about is everything else, so that no series is in no rule.
            let others = parts.iter().enumerate().filter(|(other, _)| *other != at);
            without(topology, selector, targets, others.map(|(_, (_, services))| services))
        }
        (true, false) => only(topology, selector, targets, services),
    };
    let selectors: Vec<_> = parts.iter().enumerate().map(|(at, (_, services))| one(at, services)).collect();
    let whole = parts.into_iter().zip(selectors).enumerate();
    whole
        .map(|(at, ((tunings, services), selector))| Part {
            tunings,
            services,
            selector,
            base: Some(at) == base,
        })
        .collect()
}

/// Puts the rules of the parts, one each, where they belong: on, or switched off.
pub(super) fn gather(parts: &[Part<'_>], rules: Vec<Alert>, reads: Reads, done: &mut Alerts) {
    let everywhere = parts.iter().all(Part::is_off);
    let mut on = Vec::new();
    for (part, rule) in parts.iter().zip(rules) {
        if part.is_off() {
            done.1.push(silenced(rule, part, everywhere, reads));
        } else if part.base {
            on.insert(0, rule);
        } else {
            on.push(rule);
        }
    }
    let mut on = on.into_iter();
    if let Some(mut first) = on.next() {
        first.others = on.collect();
        done.0.insert(first.name.clone(), first);
    }
}

fn silenced(rule: Alert, part: &Part<'_>, everywhere: bool, reads: Reads) -> Silenced {
    let reasons: Vec<String> = rule.decisions.iter().map(Decision::text).collect();
    Silenced {
        alert: rule.name,
        component: rule.component,
        severity: rule.severity,
        covers: rule.covers,
        services: part.services.clone(),
        everywhere,
        reads,
        reason: reasons.join("; "),
        proofs: if everywhere { Vec::new() } else { rule.proofs },
    }
}

fn only(
    topology: &Topology,
    selector: &str,
    all: &BTreeSet<ServiceId>,
    some: &BTreeSet<ServiceId>,
) -> Result<String, Error> {
    let (label, values) = told_by(topology, all, some);
    let wanted = match <[String; 1]>::try_from(values) {
        Ok([one]) => Match::Is(one),
        Err(several) => Match::AnyOf(several),
    };
    Ok(format!("{selector}, {}", promql::matchers(&[(label, wanted)])?))
}

fn without<'p>(
    topology: &Topology,
    selector: &str,
    all: &BTreeSet<ServiceId>,
    others: impl Iterator<Item = &'p BTreeSet<ServiceId>>,
) -> Result<String, Error> {
    let mut selector = selector.to_owned();
    for other in others {
        let (label, values) = told_by(topology, all, other);
        let unwanted = match <[String; 1]>::try_from(values) {
            Ok([one]) => Match::IsNot(one),
            Err(several) => Match::NoneOf(several),
        };
        selector = format!("{selector}, {}", promql::matchers(&[(label, unwanted)])?);
    }
    Ok(selector)
}

/// The part whose rule takes everything that no other does: the largest about which nothing is decided,
/// or else the largest that is on.
fn base_of(parts: &[(Vec<&Tuning>, BTreeSet<ServiceId>)]) -> Option<usize> {
    let on = parts.iter().enumerate().filter(|(_, (tunings, _))| !tunings.iter().any(|tuning| tuning.off));
    on.max_by_key(|(at, (tunings, services))| (tunings.is_empty(), services.len(), Reverse(*at)))
        .map(|(at, _)| at)
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
