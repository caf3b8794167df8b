//! What templates of component data see; the table of names stands in the documentation of [`super`].
//!
//! A large network has tens of thousands of scopes, and in the scope of its collector all services stand again. So what
//! several scopes share is converted once and handed on ([`Shared`]), and nothing goes through a tree of JSON.

use std::sync::OnceLock;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::manifest::quantity::{ByteSize, Cpus};
use crate::template::Context;
use crate::topology::{Id as _, Listener, Service, ServiceId, Topology, snake};

/// What is the same in many scopes.
pub(super) struct Shared<'a> {
    topology: &'a Topology,
    network: Context,
    chain: Context,
    monitoring: Context,
    genesis: Context,
    /// The settings of services as those see them who use the service, by its id; made when they are asked for.
    settings: Vec<OnceLock<Context>>,
}

impl<'a> Shared<'a> {
    pub(super) fn new(topology: &'a Topology, genesis: &Value) -> Self {
        let network = json!({ "name": topology.name, "environment": topology.environment.word() });
        Self {
            topology,
            network: Context::new(&network),
            chain: Context::new(&chain(topology)),
            monitoring: Context::new(&monitoring(topology)),
            genesis: Context::new(genesis),
            settings: topology.services.iter().map(|_| OnceLock::new()).collect(),
        }
    }

    fn settings_of(&self, service: &Service) -> Context {
        let make = || Context::new(&snake(&service.settings));
        self.settings.get(service.id.index()).map_or_else(make, |known| known.get_or_init(make).clone())
    }

    /// The scope of one service; `more` are further names.
    pub(super) fn scope(&self, id: ServiceId, more: Map<String, Value>) -> Context {
        let topology = self.topology;
        let service = &topology.services[id];
        let host = &topology.hosts[service.host];
        let native = !host.runtime.is_container();
        let artifacts = service.component.artifacts.iter();
        let access = &service.component.host_access;
        let textfiles = if native { topology.textfile_dir(host) } else { access.textfiles.clone() };
        Context::new(&Scope {
            network: &self.network,
            chain: &self.chain,
            host: HostScope {
                name: &host.name,
                address: &host.address,
                private_address: host.peer_address(),
                region: topology.region_name(host.id),
            },
            node: service.node.map(|node| {
                let node = &topology.nodes[node];
                NodeScope { name: &node.name, role: &node.role }
            }),
            service: ServiceScope { name: &service.name, folder: topology.own_folder(service) },
            settings: settings(service),
            provides: Names(service.component.provides.keys().map(|name| {
                let listener = service.listener(name);
                (name.replace('-', "_"), listener.map(|listener| listens(topology, service, listener)))
            })),
            needs: Names(
                service.component.needs.keys().map(|name| (name.replace('-', "_"), self.need(service, name))),
            ),
            volume: Names(service.volumes.iter().map(|volume| {
                (volume.name.replace('-', "_"), if native { &volume.host_path } else { &volume.path })
            })),
            artifact: Names(artifacts.map(|(tree, path)| {
                let place = if native { topology.artifact_dir(tree) } else { path.clone() };
                (tree.replace('-', "_"), place)
            })),
            file: Names(service.component.files.keys().map(|path| {
                let own = || format!("{}/{}", topology.config_dir(service), super::build::file_name(path));
                (path, if native { own() } else { path.clone() })
            })),
            host_path: Names(
                access.paths.iter().map(|(path, inside)| (path, if native { path } else { inside.inside() })),
            ),
            textfiles: textfiles.filter(|_| access.textfiles.is_some()),
            resources: ResourceScope {
                memory_mib: service.memory.map(ByteSize::mib),
                cpus: service.cpus.map(|Cpus(thousandths)| f64::from(thousandths) / 1000.0),
            },
            monitoring: &self.monitoring,
            genesis: &self.genesis,
            more,
        })
    }

    /// The first provider, with all of them; none where there is none.
    fn need(&self, service: &Service, interface: &str) -> Option<Provided> {
        let providers = self.topology.providers(service.id, interface);
        let all: Vec<Provided> = providers.map(|id| self.provider(service.id, id, interface)).collect();
        let first = all.first()?.clone();
        Some(Provided { all: Some(all.iter().map(Context::new).collect()), ..first })
    }

    fn provider(&self, consumer: ServiceId, id: ServiceId, interface: &str) -> Provided {
        let service = &self.topology.services[id];
        let endpoint = self.topology.endpoint(consumer, id, interface);
        Provided {
            service: service.name.clone(),
            settings: self.settings_of(service),
            endpoint: endpoint.map(|endpoint| Reached {
                url: endpoint.url(),
                authority: endpoint.authority(),
                host: endpoint.host,
                port: endpoint.port,
                path: endpoint.path,
            }),
            region: self.topology.region_name(service.host).to_owned(),
            ready: super::health::ready(service, interface),
            all: None,
        }
    }
}

#[derive(Serialize)]
struct Scope<'a, Provides, Needs, Volumes, Artifacts, Files, Paths>
where
    Provides: Serialize,
    Needs: Serialize,
    Volumes: Serialize,
    Artifacts: Serialize,
    Files: Serialize,
    Paths: Serialize,
{
    network: &'a Context,
    chain: &'a Context,
    host: HostScope<'a>,
    node: Option<NodeScope<'a>>,
    service: ServiceScope<'a>,
    settings: Map<String, Value>,
    provides: Provides,
    needs: Needs,
    volume: Volumes,
    artifact: Artifacts,
    file: Files,
    host_path: Paths,
    textfiles: Option<String>,
    resources: ResourceScope,
    monitoring: &'a Context,
    genesis: &'a Context,
    #[serde(flatten)]
    more: Map<String, Value>,
}

#[derive(Serialize)]
struct HostScope<'a> {
    name: &'a str,
    address: &'a str,
    private_address: &'a str,
    region: &'a str,
}

#[derive(Serialize)]
struct NodeScope<'a> {
    name: &'a str,
    role: &'a str,
}

#[derive(Serialize)]
struct ServiceScope<'a> {
    name: &'a str,
    folder: String,
}

#[derive(Serialize)]
struct ResourceScope {
    memory_mib: Option<u64>,
    cpus: Option<f64>,
}

#[derive(Serialize)]
struct Listens<'a> {
    port: Option<u16>,
    bind: &'a str,
    path: &'a str,
}

#[derive(Clone, Serialize)]
struct Provided {
    service: String,
    settings: Context,
    #[serde(flatten)]
    endpoint: Option<Reached>,
    region: String,
    ready: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    all: Option<Vec<Context>>,
}

#[derive(Clone, Serialize)]
struct Reached {
    url: String,
    authority: String,
    host: String,
    port: u16,
    path: String,
}

/// A map whose entries are made while it is read.
struct Names<I>(I);

impl<K: Serialize, V: Serialize, I: Iterator<Item = (K, V)> + Clone> Serialize for Names<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.clone())
    }
}

/// The settings of a service as it sees them itself: secrets are files.
fn settings(service: &Service) -> Map<String, Value> {
    let mut settings = snake(&service.settings);
    for secret in &service.secrets {
        settings.insert(secret.setting.replace('-', "_"), secret.path.clone().into());
    }
    for (name, setting) in &service.component.settings {
        if setting.kind == crate::catalog::setting::SettingType::Secret {
            settings.entry(name.replace('-', "_")).or_insert(Value::Null);
        }
    }
    settings
}

/// The monitoring as templates see it.
pub(super) fn monitoring(topology: &Topology) -> Value {
    topology.monitoring.as_ref().map_or(
        Value::Null,
        |m| json!({ "retention": m.retention.0, "scrape_interval": m.scrape_interval.0 }),
    )
}

/// The chain as templates see it.
pub(super) fn chain(topology: &Topology) -> Value {
    let chain = &topology.chain;
    json!({
        "id": chain.id, "name": chain.name, "family": chain.family, "network_id": chain.network_id,
        "block_time": chain.block_time, "slots_per_epoch": chain.slots_per_epoch,
    })
}

fn listens<'a>(topology: &Topology, service: &Service, listener: &'a Listener) -> Listens<'a> {
    let shares = service.on_host_network(&topology.hosts[service.host]);
    let bind = match (&listener.publish, shares) {
        (Some(publish), true) => publish.address(),
        (None, true) => "127.0.0.1",
        (_, false) => "0.0.0.0",
    };
    Listens { port: listener.container_port, bind, path: &listener.path }
}
