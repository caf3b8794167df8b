//! The panels of every component that is scraped.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Cx;
use super::facts::METRICS;
use crate::catalog::Entry;
use crate::catalog::dashboard::Panel;
use crate::topology::Service;

impl<'a> Cx<'a> {
    /// Each panel with its component and a service of it; none without monitoring, or where the network
    /// could not be resolved whole.
    pub(super) fn panels(&self) -> impl Iterator<Item = (&'a Service, &'a Arc<Entry>, &'a Panel)> {
        let (topology, catalog) = (self.topology, self.catalog);
        let watched = self.resolved && topology.monitoring.is_some();
        let mut seen = BTreeSet::new();
        topology
            .services
            .iter()
            .filter(move |service| watched && service.listener(METRICS).is_some())
            .filter(move |service| seen.insert(service.component.component.value.as_str()))
            .filter_map(|service| Some((service, catalog.used(&service.component.component.value)?)))
            .flat_map(|(service, entry)| {
                let rows = entry.dashboard.iter().flat_map(|board| &board.rows);
                rows.flat_map(|row| &row.panels).map(move |panel| (service, entry, panel))
            })
    }
}
