//! The resolved network: every name is an id, every default is filled in, every item keeps the
//! place it came from.
//!
//! All tables are sorted by name, so the order of a manifest never shows in an artifact. No field
//! is a template and no `Option` means "the default".

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ipnet::IpNet;
use serde_json::Value;

use super::clusters::Cluster;
use super::genesis::Genesis;
use super::graph::ServiceGraph;
use super::ids::{ClusterId, HostId, NodeId, RegionId, SecretId, ServiceId, Table};
use super::image::ImageRef;
use super::mesh::Mesh;
use super::monitoring::Monitoring;
use super::peering::Peering;
use super::policies::{Require, Rollout};
use crate::catalog::chain::Chain;
use crate::catalog::component::Component;
use crate::catalog::interface::Transport;
use crate::catalog::saving::KeyFiles;
use crate::hashed::IndexMap;
use crate::manifest::quantity::{ByteSize, Cpus, Duration, Growth};
use crate::manifest::{
    Architecture, Environment, Exposure, Firewall, GenerateForm, LogDriver, Ports, Runtime, Schedule, Scope,
};
use crate::text::Span;

/// The resolved network.
#[derive(Clone, Debug)]
pub struct Topology {
    /// The network's name; a path-safe word.
    pub name: String,
    /// The chain.
    pub chain: Arc<Chain>,
    /// How much is at stake.
    pub environment: Environment,
    /// Regions by name.
    pub regions: Table<RegionId, Region>,
    /// Hosts by name.
    pub hosts: Table<HostId, Host>,
    /// Nodes by name.
    pub nodes: Table<NodeId, Node>,
    /// Validators that several nodes run together, by name.
    pub clusters: Table<ClusterId, Cluster>,
    /// Services by name.
    pub services: Table<ServiceId, Service>,
    /// Secrets by name, then scope.
    pub secrets: Table<SecretId, Secret>,
    /// Who uses whom; sorted by consumer, interface, order.
    pub bindings: Vec<Binding>,
    /// The same bindings as a graph.
    pub graph: ServiceGraph,
    /// Networks between the containers of a host, by name.
    pub networks: BTreeMap<String, ContainerNetwork>,
    /// Metrics and alerts, if the manifest asks for them.
    pub monitoring: Option<Monitoring>,
    /// Logs of containers.
    pub logging: Logging,
    /// Backups, if the manifest asks for them.
    pub backup: Option<Backup>,
    /// How a change reaches the hosts.
    pub rollout: Rollout,
    /// How ports are given.
    pub ports: Ports,
    /// What filters packets.
    pub firewall: Firewall,
    /// From where people may log in; empty: from everywhere.
    pub admin_networks: Vec<IpNet>,
    /// What the clusters have that pods run in.
    pub kubernetes: Clusters,
    /// What must be survived, as asked.
    pub require: Require,
    /// The first block, of a chain that the network starts itself.
    pub genesis: Option<Genesis>,
    /// Who peers with whom, if the manifest says so.
    pub peering: Option<Peering>,
    /// The encrypted network of the hosts, if the manifest asks for one.
    pub mesh: Option<Mesh>,
    /// The price list, if the manifest has one.
    pub prices: Option<super::Prices>,
}

impl Topology {
    /// Who uses a service: (interface, consumer), sorted.
    pub fn consumers(&self, provider: ServiceId) -> impl Iterator<Item = (&str, ServiceId)> {
        self.graph.consumers(provider).iter().map(|(interface, consumer)| (interface.as_str(), *consumer))
    }

    /// What a service uses, by interface, then order.
    pub fn bindings_of(&self, consumer: ServiceId) -> &[Binding] {
        let from = self.bindings.partition_point(|binding| binding.consumer < consumer);
        let to = self.bindings.partition_point(|binding| binding.consumer <= consumer);
        self.bindings.get(from..to).unwrap_or_default()
    }

    /// The clusters that each node is a member of.
    pub fn memberships(&self) -> BTreeMap<NodeId, Vec<ClusterId>> {
        let mut clusters: BTreeMap<NodeId, Vec<ClusterId>> = BTreeMap::new();
        for cluster in &self.clusters {
            for node in &cluster.nodes {
                clusters.entry(*node).or_default().push(cluster.id);
            }
        }
        clusters
    }

    /// The nodes that vote, alone or as members of a cluster, by name.
    pub fn voters(&self) -> BTreeSet<NodeId> {
        let alone = self.nodes.iter().filter(|node| node.voting_power > 0).map(|node| node.id);
        alone.chain(self.clusters.iter().flat_map(|cluster| cluster.nodes.iter().copied())).collect()
    }

    /// How many validators there are: a cluster is one, like a node that votes alone.
    pub fn validators(&self) -> usize {
        self.nodes.iter().filter(|node| node.voting_power > 0).count() + self.clusters.len()
    }

    /// All voting power.
    pub fn voting_power(&self) -> u128 {
        let nodes = self.nodes.iter().map(|node| node.voting_power);
        nodes.chain(self.clusters.iter().map(|cluster| cluster.voting_power)).map(u128::from).sum()
    }

    /// Whether the voting power of this network decides whether its chain lives: the network starts the
    /// chain itself, or nobody else has validators of it.
    pub fn decides_chain(&self) -> bool {
        self.voting_power() > 0 && (self.genesis.is_some() || !self.chain.is_shared())
    }

    /// The region of a host, by name; `none` where it has none.
    pub fn region_name(&self, host: HostId) -> &str {
        self.hosts[host].region.map_or("none", |region| self.regions[region].name.as_str())
    }

    /// The services of a host, by name.
    pub fn services_on(&self, host: HostId) -> impl Iterator<Item = &Service> {
        self.hosts[host].services.iter().map(|id| &self.services[*id])
    }
}

/// A place where hosts stand.
#[derive(Clone, Debug)]
pub struct Region {
    /// Its id.
    pub id: RegionId,
    /// Its name.
    pub name: String,
    /// Who runs the machines.
    pub provider: Option<String>,
    /// The name that the provider has for it.
    pub provider_region: Option<String>,
    /// The project of Google Cloud that its machines belong to.
    pub project: Option<String>,
    /// Where it is defined.
    pub origin: Span,
}

/// What the clusters have that pods run in.
#[derive(Clone, Debug, Default)]
pub struct Clusters {
    /// The storage class of claims; `None` for the default of the cluster.
    pub storage_class: Option<String>,
    /// The store that secrets are taken from; `None` where they are in the namespace already.
    pub secret_store: Option<String>,
}

/// A machine.
#[derive(Clone, Debug)]
pub struct Host {
    /// Its id.
    pub id: HostId,
    /// Its name.
    pub name: String,
    /// How the world reaches it: an IP address or DNS name.
    pub address: String,
    /// How other hosts reach it, where that differs: in the mesh, where there is one.
    pub private_address: Option<String>,
    /// Where it stands.
    pub region: Option<RegionId>,
    /// Who runs it.
    pub provider: Option<String>,
    /// Whose people operate it.
    pub operator: Option<String>,
    /// Its rack.
    pub rack: Option<String>,
    /// The login.
    pub ssh_user: String,
    /// The port of sshd.
    pub ssh_port: u16,
    /// Accounts whose published keys a new machine lets in.
    pub ssh_keys: Vec<String>,
    /// The file system that a new machine mounts at the data folder.
    pub data_disk: Option<String>,
    /// What runs its services.
    pub runtime: Runtime,
    /// What it has: (processor threads, memory, disk).
    pub resources: Option<(u32, ByteSize, ByteSize)>,
    /// Its processor architecture.
    pub architecture: Architecture,
    /// Where services keep their state.
    pub data_dir: String,
    /// The user's labels.
    pub labels: BTreeMap<String, String>,
    /// Its services by name.
    pub services: Vec<ServiceId>,
    /// Where it is defined.
    pub origin: Span,
    /// Where its address stands.
    pub address_origin: Span,
}

impl Host {
    /// The address by which other hosts of the network reach it.
    pub fn peer_address(&self) -> &str {
        self.private_address.as_deref().unwrap_or(&self.address)
    }

    /// Whether the services of both are pods of one cluster, which reach each other by name. A region has
    /// one cluster, and hosts without a region share one.
    pub fn shares_cluster(&self, other: &Self) -> bool {
        self.runtime == Runtime::Kubernetes
            && other.runtime == Runtime::Kubernetes
            && self.region == other.region
    }
}

/// A node of the chain.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its id.
    pub id: NodeId,
    /// Its name.
    pub name: String,
    /// Where it runs.
    pub host: HostId,
    /// What it does.
    pub role: String,
    /// The stack it instantiates.
    pub stack: String,
    /// Its weight in consensus.
    pub voting_power: u64,
    /// Its services, by name.
    pub services: Vec<ServiceId>,
    /// Where it is defined.
    pub origin: Span,
}

/// One running program.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its id.
    pub id: ServiceId,
    /// Unique in the network: `<node>-<service>`, or the name under `services:`. It is the name of
    /// the container, the unit and the folder.
    pub name: String,
    /// The name inside the stack or under `services:`.
    pub local_name: String,
    /// Where it runs.
    pub host: HostId,
    /// Whose it is; `None` for services of the network.
    pub node: Option<NodeId>,
    /// The service that it accompanies.
    pub owner: Option<ServiceId>,
    /// The share of the targets that it scrapes; `None` for all else.
    pub shard: Option<String>,
    /// Its component.
    pub component: Arc<Component>,
    /// The image as asked for.
    pub image: ImageRef,
    /// Where the image was asked for; nowhere for the catalog's own.
    pub image_origin: Span,
    /// Settings with defaults; durations in seconds, sizes in bytes; secrets are not among them.
    pub settings: Arc<IndexMap<String, Value>>,
    /// What it listens on and offers.
    pub listeners: Vec<Listener>,
    /// State on disk.
    pub volumes: Vec<Volume>,
    /// Secrets it reads.
    pub secrets: Vec<SecretUse>,
    /// Memory limit.
    pub memory: Option<ByteSize>,
    /// CPU limit.
    pub cpus: Option<Cpus>,
    /// How long it may take to stop before it is killed.
    pub stop_timeout: Duration,
    /// Networks that the container joins; empty when it shares the network of the host.
    pub networks: Vec<String>,
    /// The user's own environment variables.
    pub environment: BTreeMap<String, String>,
    /// Where it is defined.
    pub origin: Span,
}

impl Service {
    /// The listener of an interface.
    pub fn listener(&self, interface: &str) -> Option<&Listener> {
        self.listeners.iter().find(|l| l.interface == interface)
    }

    /// Where the port of a listener was decided; the service itself where its component did.
    pub fn port_place(&self, listener: &Listener) -> Span {
        if listener.port_origin.is_somewhere() { listener.port_origin } else { self.origin }
    }

    /// Whether two interfaces may have one port: those of one server, by the catalog or by what it speaks.
    pub fn may_share_port(&self, a: &Listener, b: &Listener) -> bool {
        let declared = |l: &Listener| self.component.provides.get(&l.interface).and_then(|i| i.port);
        let web = |l: &Listener| matches!(l.protocol.as_deref(), Some("http" | "ws"));
        let one_server = web(a) && web(b) && a.protocol != b.protocol;
        declared(a) == declared(b) || one_server
    }

    /// Whether it shares the network of the host (natively, or by need).
    pub fn on_host_network(&self, host: &Host) -> bool {
        !host.runtime.is_container() || self.component.host_access.network
    }
}

/// An offered interface, placed.
#[derive(Clone, Debug)]
pub struct Listener {
    /// The interface.
    pub interface: String,
    /// The port that others use; `None` where the interface is not a socket.
    pub port: Option<u16>,
    /// The port inside the container; equal to `port` unless the program cannot be told.
    pub container_port: Option<u16>,
    /// Its transports.
    pub transports: Vec<Transport>,
    /// The scheme of its URL.
    pub protocol: Option<String>,
    /// The path of its URL.
    pub path: String,
    /// Who may reach it.
    pub exposure: Exposure,
    /// The secret setting that both ends share.
    pub auth: Option<String>,
    /// The volume it lends.
    pub volume: Option<String>,
    /// The address of the host that the port is published on; `None`: not published.
    pub publish: Option<Publish>,
    /// What decided the port.
    pub port_source: PortSource,
    /// Where the port was decided.
    pub port_origin: Span,
    /// Where the exposure was decided.
    pub exposure_origin: Span,
}

/// What decided a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortSource {
    /// The manifest says so.
    Manifest,
    /// The catalog's default.
    Default,
    /// The first free one from the catalog's default on, which is this.
    Next(u16),
    /// It was given before, and stands in the lock.
    Lock(Span),
    /// The block of its host.
    Block,
}

/// The address of a host that a port is published on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Publish {
    /// All addresses.
    Any,
    /// One address: the host's private one.
    Address(String),
    /// The host itself only.
    Loopback,
}

impl Publish {
    /// Whether two of them cannot have the same port.
    pub fn meets(&self, other: &Self) -> bool {
        self == other || *self == Self::Any || *other == Self::Any
    }

    /// As text for a bind address.
    pub fn address(&self) -> &str {
        match self {
            Self::Any => "0.0.0.0",
            Self::Address(address) => address,
            Self::Loopback => "127.0.0.1",
        }
    }
}

/// A directory of a service.
#[derive(Clone, Debug)]
pub struct Volume {
    /// Its name in the component.
    pub name: String,
    /// The path inside the container.
    pub path: String,
    /// The path on the host.
    pub host_path: String,
    /// Lent by another service, mounted read-only.
    pub lent: bool,
    /// Whether it must be saved.
    pub backup: bool,
    /// What must be saved of it where the rest can be had again: paths below it.
    pub saves: Vec<String>,
    /// The keys in it that sign for validators.
    pub keys: Option<KeyFiles>,
    /// What it takes today: measured, or what the catalog knows of a main network.
    pub size: Option<ByteSize>,
    /// Whether the size is that of the manifest.
    pub measured: bool,
    /// How fast it grows.
    pub growth: Option<Growth>,
    /// Sub-folders to make before the first start.
    pub folders: Vec<String>,
}

/// A secret that a service reads.
#[derive(Clone, Debug)]
pub struct SecretUse {
    /// The setting.
    pub setting: String,
    /// The secret.
    pub secret: SecretId,
    /// Where the program reads it: in its container, or among the credentials of its unit.
    pub path: String,
    /// The file on the host.
    pub host_path: String,
    /// The text around the value, made on the host; `{{ value }}` is the secret.
    pub content: Option<String>,
    /// Whether the manifest names it, and not the catalog or the lock.
    pub declared: bool,
}

/// A secret: where its value comes from and on which hosts it lies.
#[derive(Clone, Debug)]
pub struct Secret {
    /// Its id.
    pub id: SecretId,
    /// Its name.
    pub name: String,
    /// The host, node or service that shares this copy; empty for the whole network.
    pub scope_key: String,
    /// How widely one copy is shared.
    pub scope: Scope,
    /// Where its value comes from.
    pub source: SecretSource,
    /// Where it lies on a host.
    pub host_path: String,
    /// The hosts that have it.
    pub hosts: BTreeSet<HostId>,
    /// Where it is defined.
    pub origin: Span,
}

/// Where the value of a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// An environment variable where the deploy runs.
    Env(String),
    /// A file where the deploy runs.
    File(String),
    /// A key of a sops file.
    Sops {
        /// The file.
        file: String,
        /// The key path, by parts.
        key: Vec<String>,
    },
    /// A file that age encrypted.
    Age(String),
    /// A field of a Vault entry.
    Vault {
        /// The path.
        path: String,
        /// The field.
        field: String,
    },
    /// A file that is on the host already.
    HostFile(String),
    /// A Docker secret made by somebody else.
    Docker(String),
    /// Made at the first deploy.
    Generate(GenerateForm),
}

/// One service uses an interface of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Who needs.
    pub consumer: ServiceId,
    /// What.
    pub interface: String,
    /// Who provides.
    pub provider: ServiceId,
    /// The place in the fallback order, from 0.
    pub order: u32,
    /// Whether the provider must be up first.
    pub wait: bool,
    /// Where it was decided.
    pub origin: Span,
    /// How the provider was found.
    pub choice: Choice,
}

/// How the provider of a need was found: the circles in which it is looked for, nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// `needs:` names it.
    Named,
    /// The need takes every provider of the network.
    Every,
    /// It is a companion of the service.
    Companion,
    /// It is the service that this one accompanies, or another companion of that.
    Owner,
    /// The service that this one accompanies is bound to it.
    LikeOwner,
    /// It is in the same node.
    SameNode,
    /// It is a service of the network on the same host.
    SameHost,
    /// It is a service of the network.
    Network,
    /// It asks for its health, and nothing else.
    Asked,
}

/// A network between the containers of a host.
#[derive(Clone, Debug)]
pub struct ContainerNetwork {
    /// Its addresses; Docker chooses where there are none.
    pub subnet: Option<IpNet>,
    /// Without a way out.
    pub internal: bool,
    /// Where it is defined.
    pub origin: Span,
}

/// Logs of containers.
#[derive(Clone, Copy, Debug)]
pub struct Logging {
    /// The driver.
    pub driver: LogDriver,
    /// Rotation size.
    pub max_size: ByteSize,
    /// Rotated files kept.
    pub max_files: u32,
}

/// Backups.
#[derive(Clone, Debug)]
pub struct Backup {
    /// How often.
    pub schedule: Schedule,
    /// How long one is kept.
    pub keep: Duration,
    /// How old the last one may be when it is needed, if the manifest says so.
    pub rpo: Option<Duration>,
    /// How long it may take to bring one back.
    pub rto: Duration,
    /// The restic repository.
    pub to: String,
    /// The password of the repository.
    pub password: SecretUse,
    /// Access keys of the storage.
    pub credentials: Option<SecretUse>,
    /// Where it is defined.
    pub origin: Span,
}
