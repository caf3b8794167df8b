//! Ways to fail: which of them alerts cover, and which must be covered for each kind of component.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain::Consensus;
use super::component::Kind;
use crate::hashed::IndexMap;
use crate::text::Spanned;

/// A way to fail that somebody must hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// It does not run, or does not answer.
    Down,
    /// It runs and makes no progress.
    Stalled,
    /// It is behind the chain.
    SyncLag,
    /// The chain does not become final.
    Finality,
    /// It sees few peers or none.
    NoPeers,
    /// Execution client and consensus client do not speak with each other, or disagree.
    EngineLink,
    /// Attestations, blocks or votes that were due are missing.
    MissedDuties,
    /// A signature was refused since it could be slashed.
    SlashingProtection,
    /// A key that should be there is missing.
    MissingKeys,
    /// What it needs or stands before does not serve.
    NoUpstream,
    /// Requests fail.
    Errors,
    /// It is near a limit of its own, or slow.
    Overload,
    /// It starts again and again.
    RestartLoop,
    /// The disk fills up.
    DiskFull,
    /// The file system takes no writes.
    ReadOnly,
    /// Memory runs out.
    Memory,
    /// The processor has no time left.
    Cpu,
    /// The clock is wrong.
    Clock,
    /// What it stored is damaged.
    Damage,
    /// It runs with an old or broken configuration.
    Configuration,
    /// Alerts fire and reach nobody.
    Undelivered,
    /// Nothing watches any more.
    Blind,
    /// The objective of the network is about to be missed.
    ErrorBudget,
    /// Its state is not saved in time.
    Backup,
    /// A certificate runs out.
    Certificate,
    /// What runs is not what was deployed.
    Drift,
    /// Too few validators of the chain take part.
    Participation,
    /// Blocks are thrown away for others.
    Reorg,
    /// Its pool of transactions is full, or nothing comes in.
    Mempool,
    /// One more loss stops the chain.
    QuorumMargin,
    /// Too little voting power is up: the chain stands still.
    QuorumLost,
    /// Packets are damaged or lost.
    NetworkErrors,
}

impl Failure {
    /// The word of the data.
    pub fn word(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Stalled => "stalled",
            Self::SyncLag => "sync-lag",
            Self::Finality => "finality",
            Self::NoPeers => "no-peers",
            Self::EngineLink => "engine-link",
            Self::MissedDuties => "missed-duties",
            Self::SlashingProtection => "slashing-protection",
            Self::MissingKeys => "missing-keys",
            Self::NoUpstream => "no-upstream",
            Self::Errors => "errors",
            Self::Overload => "overload",
            Self::RestartLoop => "restart-loop",
            Self::DiskFull => "disk-full",
            Self::ReadOnly => "read-only",
            Self::Memory => "memory",
            Self::Cpu => "cpu",
            Self::Clock => "clock",
            Self::Damage => "damage",
            Self::Configuration => "configuration",
            Self::Undelivered => "undelivered",
            Self::Blind => "blind",
            Self::ErrorBudget => "error-budget",
            Self::Backup => "backup",
            Self::Certificate => "certificate",
            Self::Drift => "drift",
            Self::Participation => "participation",
            Self::Reorg => "reorg",
            Self::Mempool => "mempool",
            Self::QuorumMargin => "quorum-margin",
            Self::QuorumLost => "quorum-lost",
            Self::NetworkErrors => "network-errors",
        }
    }
}

/// Whose failures an alert tells. It is evaluated for each scraped service of its component, or of
/// every component for alerts of the network as a whole.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Covers {
    /// Failures of the scraped service itself.
    #[serde(default)]
    pub service: Vec<Failure>,
    /// Failures of the services that it needs, by interface: an exporter speaks for its database.
    #[serde(default)]
    pub needs: IndexMap<Spanned<String>, Vec<Failure>>,
    /// Failures of the host that it runs on.
    #[serde(default)]
    pub host: Vec<Failure>,
    /// Failures of every service on that host.
    #[serde(default)]
    pub residents: Vec<Failure>,
    /// Failures of every service on that host whose state is saved.
    #[serde(default)]
    pub saved: Vec<Failure>,
    /// Failures of the region that it runs in.
    #[serde(default)]
    pub region: Vec<Failure>,
    /// Failures of the network as a whole.
    #[serde(default)]
    pub network: Vec<Failure>,
    /// Only for services of these components. Without any, for all that are scraped.
    #[serde(default)]
    pub only: Vec<Spanned<String>>,
    /// Not for services of these components.
    #[serde(default)]
    pub except: Vec<Spanned<String>>,
    /// Nothing of residents of these components: an alert about a program that alerts pass through
    /// cannot arrive.
    #[serde(default)]
    pub except_residents: Vec<Spanned<String>>,
}

impl Covers {
    /// Whether it tells of services of that component.
    pub fn speaks_of(&self, component: &str) -> bool {
        let among = |names: &[Spanned<String>]| names.iter().any(|name| name.value == component);
        (self.only.is_empty() || among(&self.only)) && !among(&self.except)
    }

    /// Whether an alert about a service tells of others: those on its host, or those that it uses.
    pub fn speaks_around(&self) -> bool {
        !self.residents.is_empty() || !self.saved.is_empty() || !self.needs.is_empty()
    }
}

/// The failures that must be covered: the file `profiles/failures.yaml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Required {
    /// For a service, by what its component does. A kind that is not there needs nothing.
    pub services: IndexMap<Kind, Vec<Failure>>,
    /// For both ends of a binding, by its interface, on top.
    pub linked: IndexMap<String, Vec<Failure>>,
    /// What cannot happen on a chain, by the way in which it decides.
    pub impossible: Vec<Impossible>,
    /// For a service whose state is saved, on top.
    pub saved: Vec<Failure>,
    /// For a service that shows a certificate, on top.
    pub certified: Vec<Failure>,
    /// For a host.
    pub host: Vec<Failure>,
    /// For a region.
    pub region: Vec<Failure>,
    /// For the network.
    pub network: Vec<Failure>,
    /// For a network whose voting power decides whether its chain lives, on top.
    pub deciding: Vec<Failure>,
    /// For such a network that goes on without any one host, on top.
    pub spared: Vec<Failure>,
}

/// What cannot happen on chains that decide in one way.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Impossible {
    /// How they decide.
    pub consensus: Consensus,
    /// What needs no alert there.
    pub failures: Vec<Failure>,
}

impl Required {
    /// Whether a failure can happen on a chain.
    pub fn can_happen(&self, failure: Failure, consensus: Consensus) -> bool {
        !self.impossible.iter().any(|i| i.consensus == consensus && i.failures.contains(&failure))
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::Catalog;
    use crate::catalog::alerts::Pack;
    use crate::diag::Sink;
    use crate::text::SourceMap;
    use crate::world::MemoryWorld;

    #[test]
    fn the_data_speaks_of_what_there_is() {
        let (mut sources, mut sink) = (SourceMap::default(), Sink::new());
        let required = Catalog::required_failures(&mut sources, &mut sink);
        let mut catalog = Catalog::built_in();
        let ids: Vec<String> = catalog.ids().map(str::to_owned).collect();
        let world = MemoryWorld::default();
        let entries: Vec<_> =
            ids.iter().map(|id| catalog.entry(id, &world, &mut sources, &mut sink).unwrap()).collect();
        let of_network = catalog.network_alerts(Pack::ALL, &mut sources, &mut sink);
        assert!(sink.is_empty(), "{:?}", sink.into_sorted());
        assert!(!required.host.is_empty() && !required.region.is_empty() && !required.network.is_empty());
        for interface in required.linked.keys() {
            assert!(entries.iter().any(|e| e.component.provides.contains_key(interface)), "{interface}");
        }
        for alert in of_network.values() {
            let covers = &alert.covers;
            let named = covers.only.iter().chain(&covers.except).chain(&covers.except_residents);
            named.for_each(|id| assert!(ids.contains(&id.value), "{id}"));
        }
        for entry in &entries {
            for (name, alert) in &entry.alerts.alerts {
                for interface in alert.covers.needs.keys() {
                    assert!(entry.component.needs.contains_key(&interface.value), "{name}: {interface}");
                }
            }
        }
        let words = required.services.values().chain(required.linked.values()).flatten();
        let more = [&required.saved, &required.certified, &required.deciding, &required.spared];
        for failure in words
            .chain(&required.host)
            .chain(&required.region)
            .chain(&required.network)
            .chain(more.into_iter().flatten())
        {
            assert_eq!(serde_json::to_value(failure).unwrap(), failure.word());
        }
    }
}
