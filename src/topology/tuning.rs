//! What is decided otherwise about alerts, and for which services.

use std::collections::{BTreeMap, BTreeSet};

use super::resolve::{Context, Tables};
use super::{Service, ServiceId};
use crate::manifest::quantity::Duration;
use crate::manifest::{self, Date, Severity};
use crate::text::{Span, Spanned};

/// Something decided otherwise about alerts.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// The alerts.
    pub alerts: Vec<Spanned<String>>,
    /// For which services; `None` for all.
    pub services: Option<BTreeSet<ServiceId>>,
    /// Numbers of the alerts, by name.
    pub values: BTreeMap<String, Spanned<f64>>,
    /// How soon a person must act.
    pub severity: Option<Spanned<Severity>>,
    /// How long it must hold.
    pub hold: Option<Spanned<Duration>>,
    /// They are switched off.
    pub off: bool,
    /// The last day on which this holds.
    pub until: Option<Spanned<Date>>,
    /// Why.
    pub reason: String,
    /// Where it is defined.
    pub origin: Span,
}

impl Tuning {
    /// Whether it speaks of an alert for a service.
    pub fn is_for(&self, alert: &str, service: ServiceId) -> bool {
        self.names(alert) && self.services.as_ref().is_none_or(|services| services.contains(&service))
    }

    /// Whether it speaks of an alert.
    pub fn names(&self, alert: &str) -> bool {
        self.alerts.iter().any(|name| name.value == alert)
    }
}

pub(super) fn resolve(cx: &mut Context<'_>, tables: &Tables) -> Vec<Tuning> {
    let manifest = cx.manifest;
    let written = manifest.monitoring.iter().flat_map(|monitoring| &monitoring.tuning);
    written.map(|tuning| one(cx, tables, tuning)).collect()
}

fn one(cx: &mut Context<'_>, tables: &Tables, written: &manifest::Tuning) -> Tuning {
    let region = |service: &Service| {
        tables.hosts[service.host].region.map(|region| tables.regions[region].name.as_str())
    };
    let node = |service: &Service| service.node.map(|node| &tables.nodes[node]);
    let component = |service: &Service| service.component.component.value.clone();
    // What is there to be named, and what a service has of it.
    type Has<'a> = Box<dyn Fn(&Service) -> Option<String> + 'a>;
    type Filter<'a> = (&'a str, &'a [Spanned<String>], BTreeSet<String>, Has<'a>);
    let filters: [Filter<'_>; 5] = [
        (
            "role",
            &written.roles,
            tables.nodes.iter().map(|node| node.role.clone()).collect(),
            Box::new(|service| node(service).map(|node| node.role.clone())),
        ),
        (
            "node",
            &written.nodes,
            tables.nodes.iter().map(|node| node.name.clone()).collect(),
            Box::new(|service| node(service).map(|node| node.name.clone())),
        ),
        (
            "host",
            &written.hosts,
            tables.hosts.iter().map(|host| host.name.clone()).collect(),
            Box::new(|service| Some(tables.hosts[service.host].name.clone())),
        ),
        (
            "region",
            &written.regions,
            tables.regions.iter().map(|region| region.name.clone()).collect(),
            Box::new(|service| region(service).map(str::to_owned)),
        ),
        (
            "component",
            &written.components,
            tables.services.iter().map(component).collect(),
            Box::new(|service| Some(component(service))),
        ),
    ];
    let mut services: Option<BTreeSet<ServiceId>> = None;
    for (kind, names, known, has) in &filters {
        if names.is_empty() {
            continue;
        }
        for name in names.iter().filter(|name| !known.contains(&name.value)) {
            cx.unknown(kind, name, known.iter().map(String::as_str));
        }
        let wanted: BTreeSet<&str> = names.iter().map(|name| name.value.as_str()).collect();
        let found: BTreeSet<ServiceId> = tables
            .services
            .iter()
            .filter(|service| has(service).is_some_and(|name| wanted.contains(name.as_str())))
            .map(|service| service.id)
            .collect();
        services = Some(match services {
            Some(before) => before.intersection(&found).copied().collect(),
            None => found,
        });
    }
    Tuning {
        alerts: written.alerts.clone(),
        services,
        values: written.values.iter().map(|(name, number)| (name.value.clone(), *number)).collect(),
        severity: written.severity,
        hold: written.hold,
        off: written.off.is_some_and(|off| off.value),
        until: written.until,
        reason: written.reason.value.trim().to_owned(),
        origin: written.alerts.first().map_or(written.reason.span, |name| name.span),
    }
}
