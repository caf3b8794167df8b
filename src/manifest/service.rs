//! Services, stacks and nodes.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Named;
use super::exposure::Exposure;
use super::names::{Hosts, Names};
use super::quantity::{ByteSize, Cpus, Duration, Growth};
use crate::hashed::IndexMap;
use crate::text::Spanned;

/// A service: a component with settings.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "Service")]
pub struct ServiceSpec {
    /// The component, by its id in the catalog; see `netgen components`.
    pub component: Spanned<String>,
    /// An image for this service alone, with a tag. Without it, that of `images:`, else the tested one.
    #[serde(default)]
    #[schemars(extend("examples" = ["ethereum/client-go:v1.17.5"]))]
    pub image: Option<Spanned<String>>,
    /// Settings of the component; see `netgen components <component>`.
    #[serde(default)]
    pub settings: IndexMap<Spanned<String>, Spanned<serde_json::Value>>,
    /// Who provides what it needs, where the same node does not: `beacon-api: [beacon, node-2/beacon]`.
    /// A list is a fallback order.
    #[serde(default)]
    pub needs: IndexMap<Spanned<String>, Names>,
    /// Limits of memory and CPU, where those of the component do not serve.
    #[serde(default)]
    pub resources: Option<Resources>,
    /// How long it may take to stop before it is killed. Without it, what the component says.
    #[serde(default)]
    #[schemars(extend("examples" = ["10m"]))]
    pub stop_timeout: Option<Spanned<Duration>>,
    /// What its volumes take and how they grow, where you have measured it: by volume of the component.
    #[serde(default)]
    pub disk: IndexMap<Spanned<String>, VolumeUse>,
    /// Ports by interface, where the default does not serve.
    #[serde(default)]
    pub ports: IndexMap<Spanned<String>, Spanned<u16>>,
    /// Who may reach an interface, where the component's default does not serve.
    #[serde(default)]
    pub expose: IndexMap<Spanned<String>, Spanned<Exposure>>,
    /// Networks of the host that the container joins.
    #[serde(default)]
    pub networks: Option<Vec<Spanned<String>>>,
    /// Environment variables beyond those of the component. Never secrets.
    #[serde(default)]
    pub environment: IndexMap<Spanned<String>, Spanned<String>>,
}

/// A service of the network and where it runs.
// The keys of `ServiceSpec` stand here again: `serde(flatten)` would lose the places of the values and
// could not refuse unknown keys.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PlacedService {
    /// The host that it runs on. Without it, those of `hosts`.
    #[serde(default)]
    pub host: Option<Spanned<String>>,
    /// Several hosts, or `all`: one instance on each.
    #[serde(default)]
    pub hosts: Option<Spanned<Hosts>>,
    /// The component, by its id in the catalog; see `netgen components`.
    pub component: Spanned<String>,
    /// An image for this service alone, with a tag. Without it, that of `images:`, else the tested one.
    #[serde(default)]
    #[schemars(extend("examples" = ["ethereum/client-go:v1.17.5"]))]
    pub image: Option<Spanned<String>>,
    /// Settings of the component; see `netgen components <component>`.
    #[serde(default)]
    pub settings: IndexMap<Spanned<String>, Spanned<serde_json::Value>>,
    /// Who provides what it needs: `sql: signer-db`, `eth-rpc: [node-1/execution, node-2/execution]`.
    #[serde(default)]
    pub needs: IndexMap<Spanned<String>, Names>,
    /// Limits of memory and CPU, where those of the component do not serve.
    #[serde(default)]
    pub resources: Option<Resources>,
    /// How long it may take to stop before it is killed. Without it, what the component says.
    #[serde(default)]
    #[schemars(extend("examples" = ["10m"]))]
    pub stop_timeout: Option<Spanned<Duration>>,
    /// What its volumes take and how they grow, where you have measured it: by volume of the component.
    #[serde(default)]
    pub disk: IndexMap<Spanned<String>, VolumeUse>,
    /// Ports by interface, where the default does not serve.
    #[serde(default)]
    pub ports: IndexMap<Spanned<String>, Spanned<u16>>,
    /// Who may reach an interface, where the component's default does not serve.
    #[serde(default)]
    pub expose: IndexMap<Spanned<String>, Spanned<Exposure>>,
    /// Networks of the host that the container joins.
    #[serde(default)]
    pub networks: Option<Vec<Spanned<String>>>,
    /// Environment variables beyond those of the component. Never secrets.
    #[serde(default)]
    pub environment: IndexMap<Spanned<String>, Spanned<String>>,
}

impl PlacedService {
    /// The service without its place.
    pub fn spec(&self) -> ServiceSpec {
        ServiceSpec {
            component: self.component.clone(),
            image: self.image.clone(),
            settings: self.settings.clone(),
            needs: self.needs.clone(),
            resources: self.resources.clone(),
            stop_timeout: self.stop_timeout,
            disk: self.disk.clone(),
            ports: self.ports.clone(),
            expose: self.expose.clone(),
            networks: self.networks.clone(),
            environment: self.environment.clone(),
        }
    }
}

/// Limits of a service.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Resources {
    /// Memory limit; the service is killed above it. Without it, the limit of the component.
    #[serde(default)]
    pub memory: Option<Spanned<ByteSize>>,
    /// CPU limit. Without it, the limit of the component.
    #[serde(default)]
    pub cpus: Option<Spanned<Cpus>>,
}

/// What a volume takes. It counts in the sums of disks, and limits nothing.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct VolumeUse {
    /// What it takes today. Without it, what the catalog knows of a main network.
    #[serde(default)]
    pub size: Option<Spanned<ByteSize>>,
    /// How much it grows. Without it, what the catalog knows; nothing where it knows nothing.
    #[serde(default)]
    pub growth: Option<Spanned<Growth>>,
}

/// A node of the chain.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Node {
    /// The host it runs on.
    pub host: Spanned<String>,
    /// What it does: `validator`, `sentry`, `rpc`, `archive`, or a word of your own.
    #[schemars(extend("pattern" = super::NamePattern::REGEX, "examples" = ["validator", "sentry", "rpc"]))]
    pub role: Spanned<String>,
    /// The stack that it instantiates.
    pub stack: Spanned<String>,
    /// Its weight in consensus: voting power, or the number of validators. 0 for nodes that do not vote.
    #[serde(default)]
    #[schemars(extend("default" = 0))]
    pub voting_power: Option<Spanned<u64>>,
    /// Changes to services of the stack, for this node only.
    #[serde(default)]
    pub services: Named<NodeOverride>,
}

/// What a node changes in one service of its stack.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NodeOverride {
    /// Another image, with a tag. Without it, that of the stack.
    #[serde(default)]
    #[schemars(extend("examples" = ["ethereum/client-go:v1.17.5"]))]
    pub image: Option<Spanned<String>>,
    /// Settings that replace those of the stack, one by one.
    #[serde(default)]
    pub settings: IndexMap<Spanned<String>, Spanned<serde_json::Value>>,
    /// Providers that replace those of the stack, need by need.
    #[serde(default)]
    pub needs: IndexMap<Spanned<String>, Names>,
    /// Limits that replace those of the stack.
    #[serde(default)]
    pub resources: Option<Resources>,
    /// How long it may take to stop on this node before it is killed. Without it, that of the stack.
    #[serde(default)]
    #[schemars(extend("examples" = ["10m"]))]
    pub stop_timeout: Option<Spanned<Duration>>,
    /// What its volumes take and how they grow on this node.
    #[serde(default)]
    pub disk: IndexMap<Spanned<String>, VolumeUse>,
    /// Ports that replace those of the stack.
    #[serde(default)]
    pub ports: IndexMap<Spanned<String>, Spanned<u16>>,
    /// Exposure that replaces that of the stack.
    #[serde(default)]
    pub expose: IndexMap<Spanned<String>, Spanned<Exposure>>,
}
