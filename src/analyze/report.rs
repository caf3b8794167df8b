//! All analyses of a network as one document.

use schemars::JsonSchema;
use serde::Serialize;

use super::alerts::{Coverage, Placed, coverage};
use super::capacity::{Capacity, capacity};
use super::parts::Parts;
use super::reachability::{Reachability, reachability};
use super::spof::{SinglePoints, single_points};
use super::survive::{Survivability, survivability};
use crate::catalog::Catalog;
use crate::diag::Sink;
use crate::text::SourceMap;
use crate::topology::Topology;

/// What is analyzed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// What the voting power survives.
    Survivability,
    /// Single points of failure.
    SinglePoints,
    /// Who reaches what.
    Reachability,
    /// Who hears of which failure.
    Alerts,
    /// Memory, CPU and disk of the hosts.
    Capacity,
    /// All of it.
    All,
}

/// The output of `netgen analyze --as json`. Topics that were not asked for are left out. The order of
/// all lists follows from the network alone.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(title = "netgen analysis")]
pub struct Analysis {
    /// The version of this document.
    pub version: u32,
    /// The network.
    pub network: String,
    /// Its chain.
    pub chain: String,
    /// What the voting power survives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survivability: Option<Survivability>,
    /// Single points of failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub single_points: Option<SinglePoints>,
    /// Who reaches what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reachability: Option<Reachability>,
    /// Who hears of which failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alerts: Option<Coverage>,
    /// Whether hosts are large enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Capacity>,
}

/// The version of [`Analysis`].
const VERSION: u32 = 1;

/// Analyzes a network with its alerts.
pub fn analyze(topology: &Topology, alerts: &[Placed<'_>], topic: Topic) -> Analysis {
    let asked = |one: Topic| topic == one || topic == Topic::All;
    // Data of the binary, which is sound.
    let required = || Catalog::required_failures(&mut SourceMap::default(), &mut Sink::new());
    let parts = Parts::of(topology);
    Analysis {
        version: VERSION,
        network: topology.name.clone(),
        chain: topology.chain.name.clone(),
        survivability: asked(Topic::Survivability).then(|| survivability(topology, &parts)),
        single_points: asked(Topic::SinglePoints).then(|| single_points(topology, &parts)),
        reachability: asked(Topic::Reachability).then(|| reachability(topology)),
        alerts: asked(Topic::Alerts).then(|| coverage(topology, alerts, &required())),
        capacity: asked(Topic::Capacity).then(|| capacity(topology)),
    }
}
