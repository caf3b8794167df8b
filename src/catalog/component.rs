//! A component as data: what one file `templates/components/<id>/component.yaml` says.
//!
//! Texts marked *template* are minijinja expressions over the service that is being built; the
//! names they may use are documented in [`crate::plan`]. Keys may be spoken to with `_` for `-`:
//! `{{ settings.max_peers }}`, `{{ needs.engine_api.url }}`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::duties::Duties;
use super::failure::Failure;
use super::genesis::GenesisKind;
use super::identity::{Identity, PeerLink};
use super::interface::{Interface, Need};
use super::logs::Lines;
pub use super::native::{AddressFamily, Given, Hardening, Native};
use super::saving::{BackupMethod, KeyFiles};
use super::setting::Setting;
use super::sli::Indicators;
use super::sync::SyncStatus;
use crate::hashed::IndexMap;
use crate::manifest::NamePattern;
use crate::manifest::quantity::{ByteSize, Cpus, Duration, Growth};
use crate::text::Spanned;

/// What a component does in a network. Groups inventories, diagrams and dashboards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Executes transactions and keeps the state (geth, reth).
    ExecutionClient,
    /// Follows consensus (a beacon node, a BFT engine).
    ConsensusClient,
    /// Signs duties with validator keys.
    ValidatorClient,
    /// A whole chain node in one program.
    ChainNode,
    /// Holds keys and signs on request.
    Signer,
    /// Fetches blocks from builders and relays.
    BlockBuilder,
    /// A database.
    Database,
    /// Translates the state of something else to metrics.
    Exporter,
    /// Stores or shows metrics, logs and alerts.
    Monitoring,
    /// Forwards connections: load balancers, reverse proxies.
    Proxy,
    /// Runs once and ends.
    Job,
    /// Anything else.
    Other,
}

/// Whether the program stays or ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Run {
    /// Stays until it is stopped.
    #[default]
    Service,
    /// Runs to its end before those that need it start.
    Job,
}

/// One component of the catalog.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "netgen component")]
pub struct Component {
    /// The id by which manifests name it; the folder has the same name.
    #[schemars(extend("pattern" = NamePattern::REGEX, "examples" = ["my-client"]))]
    pub component: Spanned<String>,
    /// One line: what it is.
    pub summary: String,
    /// What it does in a network.
    pub kind: Kind,
    /// The version whose flags, ports and metrics this file describes.
    pub version: Version,
    /// The image repository, without a tag. Without it, the component has no public image and each
    /// manifest must name one.
    #[serde(default)]
    #[schemars(extend("examples" = ["ethereum/client-go", "ghcr.io/paradigmxyz/reth"]))]
    pub image: Option<String>,
    /// The tag of the tested version. Without it, the version itself.
    #[serde(default)]
    pub tag: Option<String>,
    /// Whether it stays or ends.
    #[serde(default)]
    pub run: Run,
    /// `uid:gid` that the program runs as. Never root where the image allows it. Without it, the user
    /// of the image.
    #[serde(default)]
    #[schemars(extend("examples" = ["10001:10001"]))]
    pub user: Option<String>,
    /// The interfaces it offers, by interface name.
    #[serde(default)]
    #[schemars(extend("propertyNames" = NamePattern::schema()))]
    pub provides: IndexMap<String, Interface>,
    /// The interfaces it needs, by interface name.
    #[serde(default)]
    #[schemars(extend("propertyNames" = NamePattern::schema()))]
    pub needs: IndexMap<String, Need>,
    /// Typed settings with defaults and documentation.
    #[serde(default)]
    #[schemars(extend("propertyNames" = NamePattern::schema()))]
    pub settings: IndexMap<String, Setting>,
    /// Its keys, by a name such as `node` or `validator`.
    #[serde(default)]
    #[schemars(extend("propertyNames" = NamePattern::schema()))]
    pub identities: IndexMap<String, Identity>,
    /// How it finds its peers.
    #[serde(default)]
    pub peering: Option<PeerLink>,
    /// The genesis files from which it can start a chain of one's own.
    #[serde(default)]
    pub starts: Vec<GenesisKind>,
    /// Replaces the entrypoint of the image (each element a template).
    #[serde(default)]
    pub entrypoint: Option<Vec<String>>,
    /// The chains that the program knows by name. Without any, nothing is said of it.
    #[serde(default)]
    #[schemars(extend("examples" = [["mainnet", "hoodi"]]))]
    pub chains: Vec<String>,
    /// The arguments.
    #[serde(default)]
    pub command: Vec<Argument>,
    /// Environment variables; each value is a template.
    #[serde(default)]
    pub environment: IndexMap<String, Variable>,
    /// Configuration files, by their path inside the container.
    #[serde(default)]
    pub files: IndexMap<String, ConfigFile>,
    /// Trees of the bundle that are mounted read-only: emitter -> path inside the container.
    #[serde(default)]
    pub artifacts: IndexMap<String, String>,
    /// It looks for changes in those trees by itself, and is not sent a hang-up.
    #[serde(default)]
    pub watches_artifacts: bool,
    /// It reads the logs of the services on its host, and is told of them.
    #[serde(default)]
    pub reads_logs: bool,
    /// It asks every service of a node how it is, where an interface says how that is asked (`health`).
    #[serde(default)]
    pub asks_health: bool,
    /// Whether the secrets of the alert receivers are mounted at `/run/secrets/<name>`.
    #[serde(default)]
    pub receiver_secrets: bool,
    /// State on disk.
    #[serde(default)]
    #[schemars(extend("propertyNames" = NamePattern::schema()))]
    pub volumes: IndexMap<String, Volume>,
    /// Writable paths in memory, for programs that write outside their volumes.
    #[serde(default)]
    pub tmpfs: Vec<String>,
    /// Linux capabilities that it cannot do without (`NET_BIND_SERVICE`); all others are dropped.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// Whether the root file system can be read-only (it should).
    #[serde(default = "yes")]
    pub read_only: bool,
    /// What it must see of the host itself.
    #[serde(default)]
    pub host_access: HostAccess,
    /// It is told the address of its host and takes an IP address only, no DNS name.
    #[serde(default)]
    pub host_ip: bool,
    /// A check that works with what the image contains.
    #[serde(default)]
    pub healthcheck: Option<Healthcheck>,
    /// How to stop it without harm.
    #[serde(default)]
    pub stop: Stop,
    /// Limits used where the manifest gives none.
    #[serde(default)]
    pub resources: Option<ResourceDefaults>,
    /// Arguments by which the program checks its own configuration, run before a start.
    #[serde(default)]
    pub validate: Option<Vec<String>>,
    /// How its state is saved.
    #[serde(default)]
    pub backup: Option<BackupMethod>,
    /// Services that always come with it, on the same host.
    #[serde(default)]
    #[schemars(extend("propertyNames" = NamePattern::schema()))]
    pub companions: IndexMap<String, Companion>,
    /// How it runs without a container.
    #[serde(default)]
    pub native: Option<Native>,
    /// The lines that it logs, where they have fields. Without it, lines are kept as they are.
    #[serde(default)]
    pub logs: Option<Lines>,
    /// The metrics it exports, by name.
    #[serde(default)]
    pub metrics: IndexMap<String, Metric>,
    /// What tells how well it serves, for objectives.
    #[serde(default)]
    pub sli: Indicators,
    /// Who tells how far it is along its chain. Without it, nobody asks.
    #[serde(default)]
    pub sync: Option<SyncStatus>,
    /// What it does for consensus. Without it, it does nothing, or does not tell.
    #[serde(default)]
    pub duties: Option<Duties>,
    /// Failures of its kind that it cannot have, so that no alert need tell them: a chain without a pool of
    /// transactions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("examples" = [["mempool"]]))]
    pub impossible: Vec<Failure>,
    /// How many series one instance exports, about, at work on a main network. Without it, an estimate
    /// from `metrics`.
    #[serde(default)]
    pub series: Option<u32>,
    /// Where each fact was verified.
    pub sources: Vec<String>,
}

fn yes() -> bool {
    true
}

impl Component {
    /// Whether it must see the host itself: its network, its processes, its files, or the logs of others.
    pub fn looks_at_host(&self) -> bool {
        let access = &self.host_access;
        access.network
            || access.pid
            || !access.paths.is_empty()
            || access.textfiles.is_some()
            || self.reads_logs
    }
}

/// Versions a component file speaks for.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Version {
    /// The version that was read when the file was written; also the default image tag.
    pub tested: String,
    /// Versions that the file is expected to hold for. Without it, only the tested one.
    #[serde(default)]
    #[schemars(extend("examples" = [">=1.15, <2"]))]
    pub range: Option<String>,
}

/// An argument: always there, or only under a condition.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Argument {
    /// One argument (template).
    One(String),
    /// Arguments under a condition.
    When(ArgumentWhen),
}

/// Arguments that depend on a condition or repeat for each item of a list.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ArgumentWhen {
    /// An expression; the arguments are left out where it is false or empty. Without it, they are
    /// always there.
    #[serde(default)]
    #[schemars(extend("examples" = ["settings.ws"]))]
    pub when: Option<String>,
    /// An expression that gives a list; the arguments repeat with `item` set to each element. Without
    /// it, they stand once.
    #[serde(default)]
    #[schemars(extend("examples" = ["settings.relays"]))]
    pub each: Option<String>,
    /// The arguments (templates).
    pub args: Vec<String>,
}

/// An environment variable: always there, or only under a condition.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
// The manifest has variables of its own.
#[schemars(rename = "EnvironmentVariable")]
pub enum Variable {
    /// The value (template).
    Value(String),
    /// A value under a condition.
    When(VariableWhen),
}

/// A variable that depends on a condition.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct VariableWhen {
    /// An expression; the variable is left out where it is false or empty.
    pub when: String,
    /// The value (template).
    pub value: String,
}

/// A configuration file that is rendered into the bundle and mounted read-only.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ConfigFile {
    /// A template file beside `component.yaml`, by its name without a folder; its suffix before `.j2`
    /// decides the escaping. Without it, `content` is the text.
    #[serde(default)]
    #[schemars(extend("pattern" = "^[A-Za-z0-9_][A-Za-z0-9._-]*$", "examples" = ["haproxy.cfg.j2"]))]
    pub template: Option<String>,
    /// The text itself (template), for short files. Without it, `template` names a file.
    #[serde(default)]
    pub content: Option<String>,
    /// An expression; the file is left out where it is false or empty. Without it, it is always there.
    #[serde(default)]
    pub when: Option<String>,
}

/// A directory that outlives the container.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Volume {
    /// The path inside the container.
    pub path: String,
    /// Whether the state cannot be had again from the chain and must be saved.
    #[serde(default)]
    pub backup: bool,
    /// What must be saved of a volume that can be had again but for these files: paths below it, such as
    /// the key by which peers know a node.
    #[serde(default)]
    #[schemars(extend("examples" = [["geth/nodekey"]]))]
    pub saves: Vec<String>,
    /// The keys in it that sign for validators. Without it, it holds none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<KeyFiles>,
    /// What it takes today on a main network. Without it, it does not count in sums.
    #[serde(default)]
    pub size: Option<ByteSize>,
    /// How much it grows: a size per day, week or month. Without it, its growth is not known.
    #[serde(default)]
    pub growth: Option<Growth>,
    /// The volume belongs to the provider of this need; it is mounted read-only. Without it, the
    /// volume is the component's own.
    #[serde(default)]
    pub from: Option<String>,
    /// Extra sub-folders that must exist before the first start.
    #[serde(default)]
    pub folders: Vec<String>,
}

/// What a program must see of the host itself.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HostAccess {
    /// Shares the network namespace of the host.
    #[serde(default)]
    pub network: bool,
    /// Shares the process ids of the host.
    #[serde(default)]
    pub pid: bool,
    /// Host paths mounted read-only: host path -> path inside the container.
    #[serde(default)]
    pub paths: IndexMap<String, HostPath>,
    /// It reads metrics that programs of the host write to files (`*.prom`): where it sees their
    /// folder inside the container. Without it, it reads none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub textfiles: Option<String>,
}

/// A path of the host: always there, or only under a condition.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum HostPath {
    /// The path inside the container.
    Path(String),
    /// A path under a condition.
    When(HostPathWhen),
}

impl HostPath {
    /// The path inside the container, where it is mounted.
    pub fn inside(&self) -> &str {
        match self {
            Self::Path(path) | Self::When(HostPathWhen { path, .. }) => path,
        }
    }
}

/// A path of the host that is mounted under a condition.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HostPathWhen {
    /// An expression; the path is not mounted where it is false or empty.
    pub when: String,
    /// The path inside the container.
    pub path: String,
}

/// A check run inside the container.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Healthcheck {
    /// The program and its arguments (templates); never a shell line.
    pub command: Vec<String>,
    /// Between two checks.
    #[serde(default = "default_interval")]
    pub interval: Duration,
    /// One check may take this long.
    #[serde(default = "default_timeout")]
    pub timeout: Duration,
    /// Failures in a row that make it unhealthy.
    #[serde(default = "default_retries")]
    pub retries: u32,
    /// Failures during this time after the start do not count.
    #[serde(default = "default_start_period")]
    pub start_period: Duration,
}

fn default_interval() -> Duration {
    Duration(15)
}
fn default_timeout() -> Duration {
    Duration(5)
}
fn default_retries() -> u32 {
    5
}
fn default_start_period() -> Duration {
    Duration(60)
}

/// How to stop a program without harm.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Stop {
    /// The signal that begins an orderly end.
    #[serde(default = "sigterm")]
    #[schemars(regex(pattern = r"^SIG[A-Z0-9]+$"))]
    pub signal: String,
    /// How long it may take before it is killed.
    #[serde(default = "default_grace")]
    pub grace: Duration,
    /// The same for nodes of some roles, where they have more to write than others.
    #[serde(default)]
    #[schemars(extend("examples" = [{ "archive": "15m" }]))]
    pub roles: IndexMap<String, Duration>,
}

impl Stop {
    /// How long it may take at a node of this role.
    pub fn grace_of(&self, role: Option<&str>) -> Duration {
        role.and_then(|role| self.roles.get(role)).copied().unwrap_or(self.grace)
    }
}

fn sigterm() -> String {
    "SIGTERM".to_owned()
}
fn default_grace() -> Duration {
    Duration(30)
}

impl Default for Stop {
    fn default() -> Self {
        Self { signal: sigterm(), grace: default_grace(), roles: IndexMap::default() }
    }
}

/// Limits that a component has by default.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ResourceDefaults {
    /// Memory limit; the program is killed above it.
    pub memory: ByteSize,
    /// CPU limit. Without it, all CPUs of the host.
    #[serde(default)]
    pub cpus: Option<Cpus>,
}

/// A service that always comes with another one.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Companion {
    /// The component.
    pub component: String,
    /// Only there when the network has monitoring.
    #[serde(default)]
    pub monitoring: bool,
    /// An expression over the owner's settings; left out where it is false or empty. Without it, it
    /// always comes.
    #[serde(default)]
    pub when: Option<String>,
    /// Settings (texts are templates over the owner).
    #[serde(default)]
    #[schemars(extend("propertyNames" = NamePattern::schema()))]
    pub settings: IndexMap<String, serde_json::Value>,
}

/// The type of a metric on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MetricType {
    /// Only grows; `rate()` is right.
    Counter,
    /// Goes up and down.
    Gauge,
    /// `_bucket`, `_sum` and `_count`.
    Histogram,
    /// `quantile` series, `_sum` and `_count`.
    Summary,
    /// Counts up but is exported as a gauge (geth's meters); `rate()` is still right.
    Meter,
}

/// A series of a histogram or summary beside its buckets or quantiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MetricPart {
    /// `_sum`.
    Sum,
    /// `_count`.
    Count,
}

/// One metric.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Metric {
    /// Its type on the wire.
    #[serde(rename = "type")]
    pub kind: MetricType,
    /// One line: what it measures.
    pub help: String,
    /// Labels beyond those that the scrape adds.
    #[serde(default)]
    pub labels: Vec<String>,
    /// The unit. Without it, the name says it.
    #[serde(default)]
    pub unit: Option<String>,
    /// The series that its program leaves out of a histogram or summary. Without it, none.
    #[serde(default)]
    pub lacks: Vec<MetricPart>,
}
