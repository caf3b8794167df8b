//! A service as a container: what Compose, `docker run` and podman all need, computed once.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::catalog::interface::Transport;
use crate::manifest::Runtime;
use crate::plan::{Plan, Run};
use crate::topology::{Condition, HOST_GATEWAY, Host, SECRETS_GROUP_ID, Service, ServiceId};

/// Open files that a database or a chain client may have; the default of 1024 kills both.
pub(super) const OPEN_FILES: u32 = 1_048_576;

/// Processes and threads of one container: far above what any client uses, far below a fork bomb.
pub(super) const MOST_PROCESSES: u32 = 8192;

/// The words before a command that is run inside a service; none where there is no container.
pub(super) fn inside(host: &Host, service: &Service, reads: bool) -> Vec<String> {
    let engine = match host.runtime {
        Runtime::Compose | Runtime::SystemdDocker => "/usr/bin/docker",
        Runtime::Quadlet => "/usr/bin/podman",
        Runtime::Native | Runtime::Kubernetes => return Vec::new(),
    };
    let words =
        [engine, "exec"].into_iter().chain(reads.then_some("--interactive")).chain([service.name.as_str()]);
    words.map(str::to_owned).collect()
}

/// A path of the host inside the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    pub(super) source: String,
    pub(super) target: String,
    pub(super) read_only: bool,
    /// The mount follows what the host mounts later (a view of the whole host).
    pub(super) follows_host: bool,
}

/// A published port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Port {
    pub(super) address: String,
    pub(super) published: u16,
    pub(super) target: u16,
    pub(super) transport: Transport,
}

/// A service as a container.
pub(super) struct Container<'a> {
    pub(super) service: &'a Service,
    pub(super) run: &'a Run,
    pub(super) mounts: Vec<Mount>,
    pub(super) secrets: Vec<Mount>,
    pub(super) ports: Vec<Port>,
    pub(super) start_after: BTreeMap<ServiceId, Condition>,
    /// Whether it shares the network of the host.
    pub(super) host_network: bool,
    /// Names that resolve to the host itself.
    pub(super) extra_hosts: Vec<String>,
    /// Groups it joins beyond its own.
    pub(super) groups: Vec<u32>,
    pub(super) labels: BTreeMap<String, String>,
}

impl<'a> Container<'a> {
    pub(super) fn new(plan: &'a Plan, id: ServiceId) -> Self {
        let topology = &plan.topology;
        let (service, run) = (&topology.services[id], &plan.runs[id]);
        let host = &topology.hosts[service.host];
        let host_network = service.on_host_network(host);
        let secrets = secret_mounts(plan, service);
        let groups = if secrets.is_empty() { Vec::new() } else { vec![SECRETS_GROUP_ID] };
        Self {
            service,
            run,
            mounts: mounts(plan, service, run),
            secrets,
            ports: if host_network { Vec::new() } else { ports(service) },
            start_after: topology.start_after(id),
            host_network,
            extra_hosts: extra_hosts(plan, service, host),
            groups,
            labels: labels(plan, service, run),
        }
    }
}

impl Container<'_> {
    /// The image with its registry spelled out: podman asks no registry of its own accord.
    pub(super) fn image(&self) -> String {
        self.run.image.replacen(&self.service.image.name, &self.service.image.qualified_name(), 1)
    }
}

fn mounts(plan: &Plan, service: &Service, run: &Run) -> Vec<Mount> {
    let topology = &plan.topology;
    let component = &service.component;
    let mut mounts: Vec<Mount> = Vec::new();
    let mut add = |source: String, target: &str, read_only: bool, follows_host: bool| {
        mounts.push(Mount { source, target: target.to_owned(), read_only, follows_host });
    };
    for volume in &service.volumes {
        add(volume_source(plan, service, &volume.name), &volume.path, volume.lent, false);
    }
    for file in &run.files {
        add(format!("{}/{}", topology.config_dir(service), file.name), &file.path, true, false);
    }
    for (tree, target) in &component.artifacts {
        add(topology.artifact_dir(tree), target, true, false);
    }
    for (source, target) in &run.host_paths {
        add(source.clone(), target, true, source == "/");
    }
    if let (Some(target), Some(source)) =
        (&component.host_access.textfiles, topology.textfile_dir(&topology.hosts[service.host]))
    {
        add(source, target, true, false);
    }
    mounts
}

/// The folder of a volume on the host; a lent one belongs to the provider of the need.
pub(super) fn volume_source(plan: &Plan, service: &Service, name: &str) -> String {
    let topology = &plan.topology;
    let own =
        service.volumes.iter().find(|v| v.name == name).map(|v| v.host_path.clone()).unwrap_or_default();
    let Some(need) = service.component.volumes.get(name).and_then(|v| v.from.as_deref()) else { return own };
    let lender = topology.providers(service.id, need).next().map(|id| &topology.services[id]);
    let lent = lender.and_then(|lender| {
        let volume = lender.listener(need)?.volume.as_ref()?;
        lender.volumes.iter().find(|v| v.name == *volume)
    });
    lent.map_or(own, |volume| volume.host_path.clone())
}

fn secret_mounts(plan: &Plan, service: &Service) -> Vec<Mount> {
    plan.topology
        .secrets_of(service)
        .map(|used| Mount {
            source: used.host_path.clone(),
            target: used.path.clone(),
            read_only: true,
            follows_host: false,
        })
        .collect()
}

fn ports(service: &Service) -> Vec<Port> {
    let mut ports = Vec::new();
    for listener in &service.listeners {
        let (Some(published), Some(target), Some(publish)) =
            (listener.port, listener.container_port, &listener.publish)
        else {
            continue;
        };
        for transport in &listener.transports {
            let address = publish.address().to_owned();
            let port = Port { address, published, target, transport: *transport };
            // Interfaces may share a port.
            if !ports.contains(&port) {
                ports.push(port);
            }
        }
    }
    ports
}

fn extra_hosts(plan: &Plan, service: &Service, host: &Host) -> Vec<String> {
    let topology = &plan.topology;
    let needs_gateway = !service.on_host_network(host)
        && service.component.needs.keys().any(|interface| {
            topology
                .providers(service.id, interface)
                .filter_map(|provider| topology.endpoint(service.id, provider, interface))
                .any(|endpoint| endpoint.host == HOST_GATEWAY)
        });
    if needs_gateway { vec![format!("{HOST_GATEWAY}:host-gateway")] } else { Vec::new() }
}

/// Labels by which tools find containers; the digest of the configuration makes a runtime recreate
/// a container whose files changed although its image and arguments did not.
fn labels(plan: &Plan, service: &Service, run: &Run) -> BTreeMap<String, String> {
    let topology = &plan.topology;
    let mut labels = BTreeMap::new();
    let mut add = |name: &str, value: &str| {
        labels.insert(format!("dev.netgen.{name}"), value.to_owned());
    };
    add("network", &topology.name);
    add("service", &service.name);
    add("component", &service.component.component);
    if let Some(node) = service.node {
        add("node", &topology.nodes[node].name);
        add("role", &topology.nodes[node].role);
    }
    if let Some(digest) = config_digest(run) {
        add("config", &digest);
    }
    labels
}

/// The digest of all configuration files of a service; `None` where it has none.
pub(super) fn config_digest(run: &Run) -> Option<String> {
    if run.files.is_empty() {
        return None;
    }
    let mut hash = Sha256::new();
    for file in &run.files {
        // The lengths keep (name, text) pairs apart.
        hash.update((file.path.len() as u64).to_le_bytes());
        hash.update(&file.path);
        hash.update((file.text.len() as u64).to_le_bytes());
        hash.update(&file.text);
    }
    Some(hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}
