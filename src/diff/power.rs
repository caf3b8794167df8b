//! The parts of a network as its document has them: what stops with what, and the quorum.

use std::collections::BTreeMap;

use super::side::Side;
use crate::analyze::cascade::Cascade;
use crate::analyze::parts::{Need, PartId, Parts};
use crate::analyze::quorum::Quorum;
use crate::topology::Id as _;

/// What can stop on one side.
pub(super) struct Power {
    pub(super) parts: Parts,
    pub(super) quorum: Quorum,
    /// Groups of parts of which one should stay up.
    pub(super) alike: Vec<Vec<PartId>>,
    /// Parts by `service/<name>`, `node/<name>` and `cluster/<name>`.
    by_name: BTreeMap<String, PartId>,
}

impl Power {
    pub(super) fn of(side: &Side) -> Self {
        let mut by_name = BTreeMap::new();
        let mut power = Vec::new();
        let mut counts = [0; 3];
        for (kind, count) in ["service", "node", "cluster"].into_iter().zip(&mut counts) {
            let section = format!("{kind}s");
            for name in side.names(&section) {
                by_name.insert(format!("{kind}/{name}"), PartId::from_index(power.len()));
                let voting =
                    side.value(&[&section, name, "voting-power"]).and_then(serde_json::Value::as_u64);
                power.push(voting.unwrap_or(0));
                *count += 1;
            }
        }
        let ids = |names: &[String]| names.iter().filter_map(|name| by_name.get(name).copied()).collect();
        let needs = side.document.needs.iter().filter_map(|need| {
            let consumer = *by_name.get(&need.consumer)?;
            let (providers, spare) = (ids(&need.providers), need.spare);
            Some(Need { consumer, interface: None, providers, spare })
        });
        let needs = needs.collect();
        let [services, nodes, _] = counts;
        let parts = Parts::new(power, [services, nodes], needs);
        let quorum = Quorum::new(side.document.consensus, parts.total());
        let alike = side.document.alike.iter().map(|group| ids(group)).collect();
        Self { parts, quorum, alike, by_name }
    }

    /// The part of a service.
    pub(super) fn service(&self, name: &str) -> Option<PartId> {
        self.by_name.get(&format!("service/{name}")).copied()
    }

    /// The parts of services.
    pub(super) fn services<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<PartId> {
        names.into_iter().filter_map(|name| self.service(name)).collect()
    }

    /// The voting power that stops with these parts.
    pub(super) fn lost(&self, parts: &[PartId]) -> u128 {
        let mut cascade = Cascade::new(&self.parts);
        cascade.fail(parts);
        cascade.power()
    }

    /// Whether anybody votes.
    pub(super) fn votes(&self) -> bool {
        self.quorum.total > 0
    }
}
