//! The alerts of this network, for the rules about tuning.

use std::collections::{BTreeMap, BTreeSet};

use super::Cx;
use crate::analyze::tuning::targets;
use crate::analyze::voters::packs;
use crate::catalog::alerts::Alert;
use crate::diag::Sink;
use crate::text::SourceMap;
use crate::topology::{ServiceId, Tuning};

/// An alert of this network.
pub(super) struct Known {
    /// As its pack has it.
    pub(super) alert: Alert,
    /// The services that it watches.
    pub(super) targets: BTreeSet<ServiceId>,
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
    // Data of the binary; what is wrong with it is told where the plan is made.
    let (mut sources, mut unheard) = (SourceMap::default(), Sink::new());
    for (name, alert) in cx.catalog.network_alerts(&packs(cx.topology), &mut sources, &mut unheard) {
        let targets = targets(cx.topology, None, &alert.covers);
        known.insert(name, Known { alert, targets });
    }
    let used: BTreeSet<&str> =
        cx.topology.services.iter().map(|service| service.component.component.value.as_str()).collect();
    for id in used {
        let Some(entry) = cx.catalog.used(id) else { continue };
        for (name, alert) in &entry.alerts.alerts {
            let targets = targets(cx.topology, Some(id), &alert.covers);
            known.insert(name.clone(), Known { alert: alert.clone(), targets });
        }
    }
    known
}
