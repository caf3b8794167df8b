//! The manifest as written: one Rust type a concept, nothing resolved, no default filled in.
//!
//! Every value that a diagnostic may point at is [`Spanned`]; maps keep the order of the file.
//! The JSON schema under `schema/` is generated from these types, and their comments are the
//! documentation that editors show.

pub mod amount;
mod cluster;
mod exposure;
mod genesis;
mod host;
mod kubernetes;
mod monitoring;
mod names;
mod network;
mod operations;
mod peering;
mod ports;
mod prices;
pub mod quantity;
mod secret;
mod service;
mod source;
mod waiver;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

pub use cluster::Cluster;
pub use exposure::Exposure;
pub use genesis::{Account, ConsensusGenesis, ExecutionGenesis, Fork, FullAccount, Genesis, Written};
pub use host::{Architecture, Host, HostResources, Runtime, Ssh};
pub use kubernetes::Kubernetes;
pub use monitoring::{
    Clock, Days, Email, Latency, Monitoring, Queue, Receiver, RemoteWrite, Respond, RoleSlo, Route,
    SecretRef, Severity, Shards, Slack, Slo, Team, Tuning, Webhook, WeeklyTime,
};
pub use names::{Hosts, NamePattern, Names, is_device};
pub use network::{Defaults, Environment, Network, Region, SubNetwork, Subnet};
pub use operations::{
    Backup, DomainKind, Firewall, LogDriver, Logging, Require, Rollout, Schedule, Security, Survives,
};
pub use peering::Peering;
pub use ports::Ports;
pub use prices::{MachinePrice, Price, Prices};
pub use secret::{GenerateForm, Scope, Secret, SopsKey, VaultKey};
pub use service::{Node, NodeOverride, PlacedService, Resources, ServiceSpec, VolumeUse};
pub use source::{Include, Variable, VariableType, Variables};
pub use waiver::{Date, Waiver};

use crate::hashed::IndexMap;
use crate::text::{Span, Spanned};
use crate::value::{HELP, Kind, Map, Node as Tree};

/// A map of things by name, in the order of the file.
pub type Named<T> = IndexMap<Spanned<String>, T>;

/// The whole manifest.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "netgen manifest")]
pub struct Manifest {
    /// The version of the manifest language. This netgen speaks version 1.
    pub netgen: Spanned<LanguageVersion>,
    /// Files that this one is laid over, relative to it and inside the folder of the manifest: a path,
    /// or a list in which later files win.
    // Read before all the rest, so it is empty here; it stands here for the schema.
    #[serde(default)]
    pub include: Include,
    /// Values that are given from outside, by `--var name=value` or the environment variable
    /// `NETGEN_VAR_<NAME>`; `${name}` in any text stands for them, and `$${` for `${` itself.
    // Put in before all the rest is read, so it is empty here; it stands here for the schema.
    #[serde(default)]
    pub variables: Variables,
    /// What the network is.
    pub network: Network,
    /// Places where hosts stand. A region is a failure domain.
    #[serde(default)]
    #[schemars(extend("propertyNames" = NamePattern::schema()))]
    pub regions: Named<Region>,
    /// Values for every host that says nothing else.
    #[serde(default)]
    pub defaults: Defaults,
    /// The machines.
    #[serde(default)]
    #[schemars(extend("propertyNames" = NamePattern::schema()))]
    pub hosts: Named<Host>,
    /// Images by component: `geth: ethereum/client-go:v1.16.9`. The tag stands here, the digest in
    /// `netgen.lock`. A component that is not named uses the image its catalog file was tested with.
    #[serde(default)]
    pub images: Named<Spanned<String>>,
    /// References to secrets. A value never stands in a manifest.
    #[serde(default)]
    #[schemars(extend("propertyNames" = NamePattern::schema()))]
    pub secrets: Named<Spanned<Secret>>,
    /// Named sets of services that a node instantiates.
    #[serde(default)]
    #[schemars(extend("propertyNames" = NamePattern::schema()))]
    pub stacks: Named<Named<ServiceSpec>>,
    /// The nodes of the chain. Each puts the services of a stack on a host.
    #[serde(default)]
    #[schemars(extend("propertyNames" = NamePattern::schema()))]
    pub nodes: Named<Node>,
    /// Validators whose key is split among several of these nodes.
    #[serde(default)]
    #[schemars(extend("propertyNames" = NamePattern::schema()))]
    pub clusters: Named<Cluster>,
    /// Services that belong to the network and not to one node: signers, databases, proxies.
    #[serde(default)]
    #[schemars(extend("propertyNames" = NamePattern::schema()))]
    pub services: Named<PlacedService>,
    /// Extra networks between the containers of a host.
    #[serde(default)]
    #[schemars(extend("propertyNames" = NamePattern::schema()))]
    pub networks: Named<SubNetwork>,
    /// Components of your own, in the form of a catalog file. A folder `components/` beside the
    /// manifest does the same with one folder a component.
    #[serde(default)]
    #[schemars(extend("propertyNames" = NamePattern::schema()))]
    pub components: Named<AnyMap>,
    /// Chains of your own, in the form of a catalog file. A folder `chains/` beside the manifest does
    /// the same with one file a chain.
    #[serde(default)]
    #[schemars(extend("propertyNames" = NamePattern::schema()))]
    pub chains: Named<AnyChain>,
    /// The first block, of a chain that this network starts itself.
    #[serde(default)]
    pub genesis: Option<Spanned<Genesis>>,
    /// Who peers with whom, where the nodes of this network are to know each other by name.
    #[serde(default)]
    pub peering: Option<Spanned<Peering>>,
    /// How ports are given to interfaces that no service gives one.
    #[serde(default)]
    pub ports: Option<Spanned<Ports>>,
    /// What the network must be proved to survive.
    #[serde(default)]
    pub require: Option<Require>,
    /// Metrics, alerts, dashboards.
    #[serde(default)]
    pub monitoring: Option<Monitoring>,
    /// Logs of the containers.
    #[serde(default)]
    pub logging: Option<Logging>,
    /// Saving state that cannot be had again from the chain.
    #[serde(default)]
    pub backup: Option<Backup>,
    /// How a change reaches the hosts.
    #[serde(default)]
    pub rollout: Option<Rollout>,
    /// Firewall and access.
    #[serde(default)]
    pub security: Option<Security>,
    /// What the clusters have, for hosts with the runtime `kubernetes`.
    #[serde(default)]
    pub kubernetes: Option<Kubernetes>,
    /// What machines cost. Its presence adds an estimate of the costs to the bundle.
    #[serde(default)]
    pub prices: Option<Prices>,
    /// Exceptions from rules, each with a reason and an end.
    #[serde(default)]
    pub waivers: Vec<Waiver>,
}

impl Manifest {
    /// Adds what no manifest can be without, in no place: the rest can then be read and judged, after
    /// the lack was reported.
    pub fn stand_in(tree: &mut Tree) {
        let fill = |tree: &mut Tree, key: &str, kind: Kind| {
            if let Kind::Map(map) = &mut tree.kind
                && map.get(key).is_none()
            {
                // The key is not there, so it can be inserted.
                let _ = map.insert(Spanned::nowhere(key.to_owned()), Tree::new(kind, Span::nowhere()));
            }
        };
        fill(tree, "netgen", Kind::Int(1));
        fill(tree, "network", Kind::Map(Map::default()));
        if let Kind::Map(map) = &mut tree.kind
            && let Some(network) = map.get_mut("network")
        {
            fill(network, "name", Kind::Str("network".to_owned()));
            fill(network, "chain", Kind::Str(String::new()));
        }
    }
}

/// The number 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LanguageVersion;

impl<'de> Deserialize<'de> for LanguageVersion {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            1 => Ok(Self),
            other => Err(serde::de::Error::custom(format!(
                "this netgen speaks version 1 of the language, not {other}{HELP}write `netgen: 1`"
            ))),
        }
    }
}

impl JsonSchema for LanguageVersion {
    fn schema_name() -> Cow<'static, str> {
        "LanguageVersion".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "const": 1 })
    }
}

/// A chain that a later stage reads by its own schema.
#[derive(Clone, Debug, Default)]
pub struct AnyChain;

impl<'de> Deserialize<'de> for AnyChain {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        AnyMap::deserialize(deserializer).map(|_| Self)
    }
}

impl JsonSchema for AnyChain {
    fn schema_name() -> Cow<'static, str> {
        "InlineChain".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "A chain in the form of a file under `chains/`.",
        })
    }
}

/// A map that a later stage reads by its own schema.
#[derive(Clone, Debug, Default)]
pub struct AnyMap;

impl<'de> Deserialize<'de> for AnyMap {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

impl JsonSchema for AnyMap {
    fn schema_name() -> Cow<'static, str> {
        "InlineComponent".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "A component in the form of `component.yaml`; see `schema/component.schema.json`. The keys `alerts`, `log-alerts` and `dashboard` hold what elsewhere stands in the files beside it.",
        })
    }
}
