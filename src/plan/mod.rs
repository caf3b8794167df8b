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
//! | `service.folder` | its own folder below the trees that it mounts, with `/` at the end; empty where the tree is for it alone |
//! | `settings.<name>` | seconds for durations, bytes for sizes, the file path for secrets, none when unset |
//! | `provides.<interface>` | `port`, `bind`, `path`: what it must listen on |
//! | `needs.<interface>` | none when unbound; else the first provider: `url`, `host`, `port`, `authority`, `path`, `service`, `settings`, `region`, `ready` (none, or how it is asked whether it can serve: `path`, `body`, `status`, `finds`), and `all`: every provider in order |
//! | `volume.<name>`, `artifact.<tree>`, `file["<path>"]` | where things lie: inside the container, or on the host when native |
//! | `host_path["<path>"]` | where it sees a path of the host that `host-access` names |
//! | `textfiles` | the folder of the metrics that programs of the host write, none where it reads none |
//! | `identity.<name>` | the public half of a key of its own, none where the lock has none: `public_key`, `peer_id`, and `enode_id`, `node_id` (secp256k1) or `cometbft_id`, `address`, `keccak_address`, `base58`, `base64` (ed25519) |
//! | `peers` | the peers that `peering:` gives it: `service`, `node`, `role`, `host`, `port`, `ports.<interface>`, `authority`, `multiaddr` (`/ip4/...`), `hidden`, what `identity` has, and the component's own `forms` |
//! | `peering.closed` | whether it must speak to its peers and to nobody else |
//! | `genesis` | none without `genesis:`; else `time`, `execution` and `consensus` (the text of the files, none where there is none), `validators`: `name`, `voting_power`, and what `identity` has |
//! | `resources.memory_mib`, `resources.cpus` | limits, none where there are none |
//! | `logs` | for a component with `reads-logs` only: `source` (`docker` or `journal`), and `services` of its host: `id`, `name`, `labels`, `journal` (the match in the journal), `lines` (none, or `format`, `fields`, `level`, `time`, `context`) |
//! | `health` | for a component with `asks-health` only: `checks` (`name`, `authority`, `http`, `path`, `body`, `status`, `finds`) and `paths` (`name`, `path`, `checks`: the names of those that must all pass) |
//! | `monitoring.retention`, `monitoring.scrape_interval` | seconds; `monitoring` is none without it |

mod alert;
mod alerts;
mod build;
pub mod chaos;
mod dashboards;
pub mod doors;
mod failures;
mod genesis;
mod health;
mod jobs;
mod kinds;
mod logs;
mod mesh;
pub mod objectives;
mod parts;
mod peers;
mod power;
mod quorum;
mod rendered;
mod renderer;
mod scope;
mod texts;
mod watched;
pub mod waves;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use self::chaos::Case;
use crate::analyze::alerts::Placed;
use crate::hashed::IndexMap;
use crate::manifest::quantity::Duration;
use crate::topology::{HostId, ServiceId, Table, Topology};

pub use alert::{Alert, Course, Decision, Proof, Reads, Silenced, Value};
pub use build::{Context, build};
pub use dashboards::{Dashboard, Limit, Panel, Row};
pub use genesis::{GenesisFiles, pins};
pub use jobs::METRICS;
pub use logs::{CONTEXT, STREAM_LABELS};
pub use objectives::{Recording, RecordingGroup};

/// The runbooks that belong to no alert: the list of all, and what to do on call and in an incident.
pub const PAGES: [&str; 3] = ["README", "on-call", "incident"];

/// The label of the component, on metrics and logs.
pub const JOB: &str = "job";

/// Everything that artifacts are made from.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The resolved network.
    pub topology: Topology,
    /// What each service runs.
    pub runs: Table<ServiceId, Run>,
    /// The public keys of the hosts in the mesh, as WireGuard writes them; of those that have one.
    pub mesh_keys: BTreeMap<HostId, String>,
    /// The scrape jobs, by name.
    pub jobs: BTreeMap<String, Job>,
    /// The alerts of this network, by name.
    pub alerts: BTreeMap<String, Alert>,
    /// The alerts about lines of logs, by name; their expressions are `LogQL`.
    pub log_alerts: BTreeMap<String, Alert>,
    /// The alerts that are switched off, for all or for some.
    pub silenced: Vec<Silenced>,
    /// What Prometheus computes and keeps, in the order in which it is computed.
    pub recordings: Vec<RecordingGroup>,
    /// The dashboards of this network, by id.
    pub dashboards: BTreeMap<String, Dashboard>,
    /// The files of the first block, of a chain that the network starts itself.
    pub genesis: Option<GenesisFiles>,
    /// Whether every image is pinned by digest.
    pub fully_pinned: bool,
    /// In which order a change goes through the hosts.
    pub waves: waves::Waves,
    /// Made when it is asked for first, without help of another thread: one that helps could ask, too.
    cases: OnceLock<Vec<Case>>,
}

impl Plan {
    /// What can be done to this network on purpose: by what is done, then by name.
    pub fn cases(&self) -> &[Case] {
        self.cases.get_or_init(|| chaos::cases(&self.topology))
    }

    /// The images that no digest pins: what a bundle for production never has.
    pub fn unpinned_images(&self) -> BTreeSet<&str> {
        let images = self.runs.iter().map(|run| run.image.as_str());
        images.filter(|image| !image.is_empty() && !image.contains('@')).collect()
    }

    /// Every alert, those about metrics first.
    pub fn every_alert(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.values().chain(self.log_alerts.values())
    }

    /// The alerts as the analysis of their coverage takes them.
    pub fn placed(&self) -> Vec<Placed<'_>> {
        let silenced = self.silenced.iter().map(|silenced| Placed {
            name: &silenced.alert,
            component: silenced.component.as_deref(),
            severity: silenced.severity,
            heartbeat: false,
            lines: silenced.reads == Reads::Lines,
            covers: &silenced.covers,
            services: Some(&silenced.services),
            silenced: Some(&silenced.reason),
        });
        let placed = |(alert, lines): (_, bool)| {
            let Alert { name, component, severity, heartbeat, covers, services, .. }: &Alert = alert;
            Placed {
                lines,
                name,
                component: component.as_deref(),
                severity: *severity,
                heartbeat: *heartbeat,
                covers,
                services: services.as_ref(),
                silenced: None,
            }
        };
        let of_metrics = self.alerts.values().flat_map(Alert::variants).map(|alert| (alert, false));
        let of_lines = self.log_alerts.values().flat_map(Alert::variants).map(|alert| (alert, true));
        let mut all: Vec<Placed<'_>> = of_metrics.chain(of_lines).map(placed).collect();
        // A reader looks for a name, whatever the alert is about.
        all.sort_by_key(|alert| alert.name);
        all.extend(silenced);
        all
    }
}

impl Plan {
    /// The team of every service that an alert can be about, if it is one and the same.
    pub fn team_of(&self, alert: &Alert) -> Option<&str> {
        let monitoring = self.topology.monitoring.as_ref()?;
        let of = |name: &str| alert.component.as_deref().is_none_or(|component| component == name);
        if self.log_alerts.contains_key(&alert.name) {
            // Every service has lines, whether it is scraped or not.
            let about = self.topology.services.iter().filter(|s| of(&s.component.component.value));
            return monitoring.team_of_all(about.map(|service| service.id));
        }
        let about = self.jobs.values().filter(|job| of(&job.name));
        monitoring.team_of_all(about.flat_map(|job| &job.targets).map(|target| target.service))
    }
}

/// Health may take this much longer than the checks themselves, in seconds.
const SPARE_TIME: u64 = 120;

impl Plan {
    /// How long the slowest health check of a host may say "not yet", in seconds.
    pub fn patience(&self, host: HostId) -> u64 {
        let services = self.topology.services_on(host);
        let checks = services.filter_map(|service| self.runs[service.id].healthcheck.as_ref());
        let slowest = checks
            .map(|health| {
                health.start_period.0 + u64::from(health.retries) * (health.interval.0 + health.timeout.0)
            })
            .max();
        slowest.unwrap_or(0) + SPARE_TIME
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
    /// The client that asks how far it is, without the method; empty where an interface is asked.
    pub sync_client: Vec<String>,
    /// Setting -> the program that is told of a new value of that secret, and its arguments.
    pub rotations: BTreeMap<String, Vec<String>>,
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
    /// Reads a backup from standard input and proves that it can be read.
    pub check: Option<Vec<String>>,
    /// Brings back a backup that it reads from standard input.
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
    /// The labels that every series gets: network, region, host, node, role, service, team.
    /// A service of the network has no `node` and `role`, one that nobody owns has no `team`.
    pub labels: IndexMap<String, String>,
}
