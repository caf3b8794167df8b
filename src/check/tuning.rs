//! The alerts of this network, for the rules about tuning.

use std::collections::{BTreeMap, BTreeSet};

use super::Cx;
use crate::analyze::tuning::Scraped;
use crate::analyze::voters::packs;
use crate::catalog::alerts::{Alert, Threshold};
use crate::diag::Sink;
use crate::hashed::IndexMap;
use crate::text::SourceMap;
use crate::topology::{ServiceId, Tuning};

/// An alert of this network.
pub(super) struct Known {
    /// It always fires.
    pub(super) heartbeat: bool,
    /// Its numbers, by name.
    pub(super) values: IndexMap<String, Threshold>,
    /// Whether there can be a rule of its own for some of its services.
    pub(super) splits: bool,
    /// The services that it watches.
    pub(super) targets: BTreeSet<ServiceId>,
}

impl Known {
    fn new(alert: &Alert, targets: BTreeSet<ServiceId>) -> Self {
        let splits = alert.heartbeat || alert.expr.contains("selector");
        Self { heartbeat: alert.heartbeat, values: alert.values.clone(), splits, targets }
    }
}

/// The tunings of this network; none where it could not be resolved.
pub(super) fn tunings<'a>(cx: &Cx<'a>) -> &'a [Tuning] {
    let monitoring = cx.topology.monitoring.as_ref().filter(|_| cx.resolved);
    monitoring.map_or(&[], |monitoring| monitoring.tuning.as_slice())
}

/// The alerts of this network by name; read only where something is decided about them.
pub(super) fn known(cx: &Cx<'_>) -> BTreeMap<String, Known> {
    let mut known = BTreeMap::new();
    if tunings(cx).is_empty() {
        return known;
    }
    let scraped = Scraped::of(cx.topology);
    // Data of the binary; what is wrong with it is told where the plan is made.
    let (mut sources, mut unheard) = (SourceMap::default(), Sink::new());
    for (name, alert) in cx.catalog.network_alerts(&packs(cx.topology), &mut sources, &mut unheard) {
        let targets = scraped.targets(None, &alert.covers);
        known.insert(name, Known::new(&alert, targets));
    }
    for id in cx.topology.components_in_use() {
        let Some(entry) = cx.catalog.used(id) else { continue };
        for (name, alert) in &entry.alerts.alerts {
            let targets = scraped.targets(Some(id), &alert.covers);
            known.insert(name.clone(), Known::new(alert, targets));
        }
        if !cx.topology.reads_logs() {
            continue;
        }
        for (name, alert) in &entry.alerts.log_alerts {
            let (value, threshold) = alert.threshold();
            let values = IndexMap::from_iter([(value.to_owned(), threshold)]);
            let targets = cx.topology.services_of(id).map(|service| service.id).collect();
            known.insert(name.clone(), Known { heartbeat: false, values, splits: true, targets });
        }
    }
    known
}
