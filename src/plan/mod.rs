//! The frozen input of the emitters: the topology, what each service runs exactly, and the alerts
//! and dashboards of this network.
//!
//! Emitters see a `&Plan` and give back bytes. They decide nothing about the network.
//!
//! # Names in templates
//!
//! The texts of component data marked *template* may use these names, with `_` for `-`:
//!
//! | name | what |
//! |---|---|
//! | `network.name`, `network.environment` | the network |
//! | `chain.id`, `chain.name`, `chain.network_id`, `chain.block_time`, ... | the chain |
//! | `host.name`, `host.address`, `host.private_address`, `host.region` | where the service runs |
//! | `node.name`, `node.role` | whose it is; `node` is none for a service of the network |
//! | `service.name` | the unique name |
//! | `settings.<name>` | seconds for durations, bytes for sizes, the file path for secrets, none when unset |
//! | `provides.<interface>` | `port`, `bind`, `path`: what it must listen on |
//! | `needs.<interface>` | none when unbound; else the first provider: `url`, `host`, `port`, `authority`, `path`, `service`, `settings`, and `all`: every provider in order |
//! | `volume.<name>`, `artifact.<tree>`, `file["<path>"]` | where things lie: inside the container, or on the host when native |
//! | `identity.<name>` | the public half of a key of its own, none where the lock has none: `public_key`, `peer_id`, and `enode_id`, `node_id` (secp256k1) or `cometbft_id`, `address`, `base58`, `base64` (ed25519) |
//! | `peers` | the peers that `peering:` gives it: `service`, `node`, `role`, `host`, `port`, `ports.<interface>`, `authority`, `multiaddr` (`/ip4/...`), `hidden`, what `identity` has, and the component's own `forms` |
//! | `peering.closed` | whether it must speak to its peers and to nobody else |
//! | `genesis` | none without `genesis:`; else `time`, `execution` and `consensus` (the text of the files, none where there is none), `validators`: `name`, `voting_power`, and what `identity` has |
//! | `resources.memory_mib`, `resources.cpus` | limits, none where there are none |
//! | `logs` | for a component with `reads-logs` only: `source` (`docker` or `journal`), and `services` of its host: `id`, `name`, `labels`, `journal` (the match in the journal), `lines` (none, or `format`, `fields`, `level`, `time`, `context`) |
//! | `monitoring.retention`, `monitoring.scrape_interval` | seconds; `monitoring` is none without it |

mod alerts;
mod build;
mod genesis;
mod jobs;
mod logs;
mod peers;
mod scope;

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::analyze::alerts::Placed;
use crate::catalog::alerts::{Row, Series};
use crate::catalog::failure::Covers;
use crate::manifest::Severity;
use crate::manifest::quantity::Duration;
use crate::topology::{ServiceId, Table, Topology};

pub use build::{Context, build};
pub use genesis::{GenesisFiles, pins};
pub use jobs::METRICS;
pub use logs::STREAM_LABELS;

/// The label of the component, on metrics and logs.
pub const JOB: &str = "job";

/// Everything that artifacts are made from.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The resolved network.
    pub topology: Topology,
    /// What each service runs.
    pub runs: Table<ServiceId, Run>,
    /// The scrape jobs, by name.
    pub jobs: BTreeMap<String, Job>,
    /// The alerts of this network, by name.
    pub alerts: BTreeMap<String, Alert>,
    /// The alerts about lines of logs, by name; their expressions are `LogQL`.
    pub log_alerts: BTreeMap<String, Alert>,
    /// The dashboards of this network, by id.
    pub dashboards: BTreeMap<String, Dashboard>,
    /// The files of the first block, of a chain that the network starts itself.
    pub genesis: Option<GenesisFiles>,
    /// Whether every image is pinned by digest.
    pub fully_pinned: bool,
}

impl Plan {
    /// Every alert, those about metrics first.
    pub fn every_alert(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.values().chain(self.log_alerts.values())
    }

    /// The alerts as the analysis of their coverage takes them.
    pub fn placed(&self) -> Vec<Placed<'_>> {
        let placed = |(alert, lines): (_, bool)| {
            let Alert { name, component, severity, heartbeat, covers, .. }: &Alert = alert;
            Placed {
                lines,
                name,
                component: component.as_deref(),
                severity: *severity,
                heartbeat: *heartbeat,
                covers,
            }
        };
        let of_lines = self.log_alerts.values().map(|alert| (alert, true));
        self.alerts.values().map(|alert| (alert, false)).chain(of_lines).map(placed).collect()
    }
}

/// What a service runs, rendered for the runtime of its host.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The image with its digest: `name:tag@sha256:...`; empty for a native service.
    pub image: String,
    /// Replaces the entrypoint of the image.
    pub entrypoint: Option<Vec<String>>,
    /// The arguments.
    pub command: Vec<String>,
    /// Environment variables, none of them secret.
    pub environment: BTreeMap<String, String>,
    /// Configuration files.
    pub files: Vec<RunFile>,
    /// Host paths mounted read-only: host path -> path inside the container.
    pub host_paths: BTreeMap<String, String>,
    /// The health check.
    pub healthcheck: Option<RunHealth>,
    /// Arguments by which the program checks its configuration and ends (after the entrypoint).
    pub validate: Option<Vec<String>>,
    /// How its state is saved.
    pub backup: Option<RunBackup>,
}

/// A rendered configuration file.
#[derive(Clone, Debug)]
pub struct RunFile {
    /// The path inside the container.
    pub path: String,
    /// The file name in the bundle's `config/<host>/<service>/` and the host's config folder.
    pub name: String,
    /// The text.
    pub text: String,
}

/// A rendered health check.
#[derive(Clone, Debug)]
pub struct RunHealth {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Between two checks.
    pub interval: Duration,
    /// For one check.
    pub timeout: Duration,
    /// Failures in a row that make it unhealthy.
    pub retries: u32,
    /// Failures in this time after the start do not count.
    pub start_period: Duration,
}

/// A rendered backup method.
#[derive(Clone, Debug)]
pub struct RunBackup {
    /// Run inside the service; standard output is the backup.
    pub command: Vec<String>,
    /// The file name of the backup.
    pub name: String,
    /// Reads a backup from standard input.
    pub restore: Option<Vec<String>>,
}

/// A scrape job: all instances of one component.
#[derive(Clone, Debug)]
pub struct Job {
    /// The component; also the value of the label `job`.
    pub name: String,
    /// The path of the metrics.
    pub path: String,
    /// The scheme, `http` or `https`.
    pub scheme: String,
    /// What is scraped, by service name.
    pub targets: Vec<Target>,
}

/// One scraped instance.
#[derive(Clone, Debug)]
pub struct Target {
    /// The service that exports.
    pub service: ServiceId,
    /// Prometheus -> address (`host:port`) at which that Prometheus reaches it.
    pub addresses: BTreeMap<ServiceId, String>,
    /// The labels that every series gets: network, region, host, node, role, service, component.
    /// A service of the network has no `node` and `role`.
    pub labels: IndexMap<String, String>,
}

/// An alert of this network.
#[derive(Clone, Debug)]
pub struct Alert {
    /// Its name.
    pub name: String,
    /// The component that it came from; `None` for those of the network as a whole.
    pub component: Option<String>,
    /// PromQL.
    pub expr: String,
    /// How long it must hold.
    pub hold: Duration,
    /// How soon a person must act.
    pub severity: Severity,
    /// One line, with Prometheus templates.
    pub summary: String,
    /// For the runbook.
    pub meaning: String,
    /// For the runbook.
    pub actions: Vec<String>,
    /// The labels on which it silences all other alerts.
    pub silences: Vec<String>,
    /// It always fires.
    pub heartbeat: bool,
    /// The failures that it tells.
    pub covers: Covers,
    /// Series, with the labels of a real target, under which it fires.
    pub fires: Vec<Series>,
    /// Series under which it stays silent.
    pub silent: Vec<Series>,
    /// After `hold`, the time by which it must have fired.
    pub lead: Duration,
}

/// A dashboard of this network.
#[derive(Clone, Debug)]
pub struct Dashboard {
    /// Its id; a path-safe word.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Rows of panels, with rendered queries.
    pub rows: Vec<Row>,
}
