//! All that is known of one host, as data.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::data::{self, DataFacts};
use super::duties::{self, DutyFacts};
use super::inventory::Group;
use super::mesh::{self, MeshFacts};
use super::operations::{Operations, operations};
use super::rollout::{self, RolloutFacts};
use super::secrets::{self, Known, SecretFacts, SecretFile};
use super::units::{self, Told, Tree, Unit};
use crate::catalog::component::Run as RunKind;
use crate::emit::EmitError;
use crate::manifest::{Architecture, Runtime};
use crate::plan::Plan;
use crate::topology::{Host, Service, ServiceId, Sources, Topology, Volume};

/// Everything that the roles know of a host.
#[derive(Serialize)]
pub(super) struct Facts {
    host: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rack: Option<String>,
    labels: BTreeMap<String, String>,
    runtime: Runtime,
    architecture: Architecture,
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<Resources>,
    /// The data folder and those above it, outermost first.
    data_path: Vec<String>,
    #[serde(flatten)]
    rollout: RolloutFacts,
    canary: bool,
    /// Whether something of this host is backed up.
    backup: bool,
    /// The unit that tells the state of the host, where somebody reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    state_unit: Option<String>,
    packages: Vec<String>,
    /// Accounts that programs outside containers run under.
    users: Vec<User>,
    folders: Vec<Folder>,
    secret_folders: Vec<String>,
    /// Who may read secrets, where it is not the group of the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    secrets_group: Option<Group>,
    secrets: Vec<SecretFacts>,
    secret_files: Vec<SecretFile>,
    /// Which folder of the bundle goes where.
    trees: Vec<Tree>,
    /// What systemd starts, in the order of starting.
    units: Vec<Unit>,
    /// What must be told of a change that the start of a unit does not cover.
    told: Vec<Told>,
    /// In the order of starting.
    services: Vec<ServiceFacts>,
    openings: Vec<OpeningFacts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mesh: Option<MeshFacts>,
    health_timeout: u64,
    #[serde(flatten)]
    data: DataFacts,
    #[serde(flatten)]
    operations: Operations,
    #[serde(flatten)]
    duties: DutyFacts,
}

#[derive(Serialize)]
struct Resources {
    cpus: u32,
    memory: u64,
    disk: u64,
}

/// systemd starts nothing for a number that no account has.
#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct User {
    name: String,
    uid: u32,
    gid: u32,
}

#[derive(Serialize)]
struct Folder {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'static str>,
}

impl Folder {
    fn new(path: String, owner: &str, group: &str, mode: &'static str) -> Self {
        Self { path, owner: Some(owner.to_owned()), group: Some(group.to_owned()), mode: Some(mode) }
    }
}

#[derive(Serialize)]
struct ServiceFacts {
    name: String,
    component: String,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    unit: String,
    ports: BTreeMap<String, u16>,
}

#[derive(Serialize)]
struct OpeningFacts {
    port: u16,
    transport: &'static str,
    service: String,
    interface: String,
    /// Empty: anyone.
    from: Vec<String>,
}

pub(super) fn facts(plan: &Plan, known: &Known, host: &Host) -> Result<Facts, EmitError> {
    let topology = &plan.topology;
    let ordered = start_order(topology, host);
    let canary = topology.rollout.canary == Some(host.id);
    Ok(Facts {
        host: host.name.clone(),
        region: host.region.map(|region| topology.regions[region].name.clone()),
        provider: host.provider.clone(),
        rack: host.rack.clone(),
        labels: host.labels.clone(),
        runtime: host.runtime,
        architecture: host.architecture,
        resources: host.resources.map(|(cpus, memory, disk)| Resources {
            cpus,
            memory: memory.0,
            disk: disk.0,
        }),
        data_path: ancestors(&host.data_dir),
        rollout: rollout::facts(plan, host),
        canary,
        backup: ordered.iter().any(|service| topology.is_saved(service)),
        state_unit: topology.textfile_dir(host).map(|_| format!("{}.service", topology.state_unit_name())),
        packages: packages(host, &ordered),
        users: users(host, &ordered),
        folders: folders(topology, host, &ordered),
        secret_folders: secrets::folders(topology, known, host),
        secrets_group: secrets::group(topology, host),
        secrets: secrets::of_host(plan, known, host),
        secret_files: secrets::rendered(topology, host)?,
        trees: units::trees(topology, host, &ordered),
        units: units::units(plan, host, &ordered),
        told: units::told(topology, host, &ordered),
        services: ordered.iter().map(|service| service_facts(topology, host, service)).collect(),
        openings: openings(topology, host),
        mesh: mesh::facts(plan, host),
        health_timeout: plan.patience(host.id),
        data: data::facts(plan, host, &ordered),
        operations: operations(plan, host, &ordered),
        duties: duties::facts(plan, host, &ordered),
    })
}

/// The services of a host: those that others wait for come first, then by name.
fn start_order<'a>(topology: &'a Topology, host: &Host) -> Vec<&'a Service> {
    fn depth(topology: &Topology, id: ServiceId, known: &mut BTreeMap<ServiceId, u32>) -> u32 {
        if let Some(depth) = known.get(&id) {
            return *depth;
        }
        // Cycles were errors long before; the entry only makes sure that this ends.
        known.insert(id, 0);
        let before = topology.start_after(id).into_keys().map(|id| depth(topology, id, known) + 1).max();
        let found = before.unwrap_or(0);
        known.insert(id, found);
        found
    }
    let mut known = BTreeMap::new();
    let mut services: Vec<&Service> = topology.services_on(host.id).collect();
    services.sort_by_cached_key(|service| (depth(topology, service.id, &mut known), service.name.clone()));
    services
}

/// `/a/b` -> `/`, `/a`, `/a/b`.
pub(super) fn ancestors(path: &str) -> Vec<String> {
    let mut all = vec!["/".to_owned()];
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    all.extend(ends.filter_map(|end| path.get(..end)).filter(|p| p.len() > 1).map(str::to_owned));
    all
}

fn packages(host: &Host, services: &[&Service]) -> Vec<String> {
    if host.runtime.is_container() {
        return Vec::new();
    }
    let native = services.iter().filter_map(|service| service.component.native.as_ref());
    let mut packages: Vec<String> = native.filter_map(|native| native.package.clone()).collect();
    packages.sort();
    packages.dedup();
    packages
}

fn users(host: &Host, services: &[&Service]) -> Vec<User> {
    if host.runtime.is_container() {
        return Vec::new();
    }
    let user = |service: &&Service| {
        let (uid, gid) = service.component.user.as_deref()?.split_once(':')?;
        let (uid, gid) = (uid.parse().ok()?, gid.parse().ok()?);
        Some(User { name: format!("netgen-{uid}"), uid, gid })
    };
    services.iter().filter_map(user).collect::<BTreeSet<User>>().into_iter().collect()
}

/// Databases insist that nobody else sees their files.
pub(super) fn volume_mode(service: &Service, volume: &Volume) -> &'static str {
    let lent = service.listeners.iter().any(|l| l.volume.as_ref() == Some(&volume.name));
    if lent { "0755" } else { "0700" }
}

/// What root installs, then the state of the services with its owners.
fn folders(topology: &Topology, host: &Host, services: &[&Service]) -> Vec<Folder> {
    let root = |path: String| Folder::new(path, "root", "root", "0755");
    let mut folders = vec![root(topology.install_dir()), root(format!("/etc/netgen/{}", topology.name))];
    if !services.is_empty() {
        folders.push(root(topology.state_dir(host, "").trim_end_matches('/').to_owned()));
    }
    folders.extend(topology.textfile_dir(host).map(root));
    for service in services {
        let mut own = service.volumes.iter().filter(|volume| !volume.lent).peekable();
        if own.peek().is_some() {
            folders.push(root(topology.state_dir(host, &service.name)));
        }
        let user = service.component.user.as_deref().unwrap_or("0:0");
        let (owner, group) = user.split_once(':').unwrap_or((user, user));
        for volume in own {
            let mode = volume_mode(service, volume);
            folders.push(Folder::new(volume.host_path.clone(), owner, group, mode));
            for folder in &volume.folders {
                folders.push(Folder::new(format!("{}/{folder}", volume.host_path), owner, group, mode));
            }
        }
    }
    let backup = topology.backup.as_ref().map(|backup| &backup.to).filter(|to| to.starts_with('/'));
    if let Some(path) = backup.filter(|_| services.iter().any(|s| s.keeps_state())) {
        // It may be a mount of somebody else's: it is made where it is missing, and not changed.
        folders.push(Folder { path: path.clone(), owner: None, group: None, mode: None });
    }
    folders
}

fn service_facts(topology: &Topology, host: &Host, service: &Service) -> ServiceFacts {
    ServiceFacts {
        name: service.name.clone(),
        component: service.component.component.value.clone(),
        kind: match service.component.run {
            RunKind::Service => "service",
            RunKind::Job => "job",
        },
        node: service.node.map(|node| topology.nodes[node].name.clone()),
        role: service.node.map(|node| topology.nodes[node].role.clone()),
        unit: unit_of(topology, host, service),
        ports: service.listeners.iter().filter_map(|l| Some((l.interface.clone(), l.port?))).collect(),
    }
}

/// The unit that runs a service.
pub(super) fn unit_of(topology: &Topology, host: &Host, service: &Service) -> String {
    let unit = match host.runtime {
        Runtime::Compose => topology.stack_unit_name(),
        Runtime::SystemdDocker | Runtime::Quadlet | Runtime::Native | Runtime::Kubernetes => {
            topology.unit_name(service)
        }
    };
    format!("{unit}.service")
}

fn openings(topology: &Topology, host: &Host) -> Vec<OpeningFacts> {
    let facts = topology.openings(host.id).into_iter().map(|opening| OpeningFacts {
        port: opening.port,
        transport: opening.transport.word(),
        service: topology.services[opening.service].name.clone(),
        interface: opening.interface,
        from: match opening.sources {
            Sources::Any => Vec::new(),
            Sources::Hosts(hosts) => hosts.iter().map(|id| topology.hosts[*id].name.clone()).collect(),
        },
    });
    facts.collect()
}
