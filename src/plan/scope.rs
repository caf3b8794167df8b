//! What templates of component data see; the table of names stands in the documentation of [`super`].
//!
//! A large network has tens of thousands of scopes, and in the scope of its collector all services stand again. So what
//! several scopes share is converted once and handed on ([`Shared`]), of all else only what the texts ask for
//! is made ([`Reads`]), and nothing goes through a tree of JSON.

use std::sync::OnceLock;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::kinds::Kind;
use crate::manifest::quantity::{ByteSize, Cpus};
use crate::template::{Context, Made, Parts, Reads, spoken};
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

    /// What is asked for of the scope of one service; `more` are further names. What it has in common with its
    /// kind is made once.
    pub(super) fn scope(
        &self,
        id: ServiceId,
        more: &Map<String, Value>,
        reads: &Reads,
        kind: Option<&Kind<'_>>,
    ) -> Context {
        let topology = self.topology;
        let service = &topology.services[id];
        let host = &topology.hosts[service.host];
        let same = || self.same(service, reads);
        let same = kind.map_or_else(same, |kind| kind.parts.get_or_init(same).clone());
        let mut scope = Parts::of(reads, same);
        scope.add("host", |_| HostScope {
            name: &host.name,
            address: &host.address,
            private_address: host.peer_address(),
            region: topology.region_name(host.id),
        });
        scope.add("node", |_| {
            service.node.map(|node| {
                let node = &topology.nodes[node];
                NodeScope { name: &node.name, role: &node.role }
            })
        });
        scope.add("service", |_| ServiceScope { name: &service.name, folder: topology.own_folder(service) });
        scope.add("provides", |reads| {
            parts(reads, service.component.provides.keys(), |name, _| {
                service.listener(name).map(|listener| listens(topology, service, listener))
            })
        });
        scope.add("needs", |reads| {
            parts(reads, service.component.needs.keys(), |name, reads| self.need(service, name, reads))
        });
        for (name, value) in more {
            scope.add(name, |_| value);
        }
        scope.done()
    }

    /// The part of a scope that is the same for all services of a kind: the values under [`super::kinds::SAME`].
    fn same(&self, service: &Service, reads: &Reads) -> Made {
        let topology = self.topology;
        let native = !topology.hosts[service.host].runtime.is_container();
        let access = &service.component.host_access;
        let textfiles = || {
            if native {
                topology.textfile_dir(&topology.hosts[service.host])
            } else {
                access.textfiles.clone()
            }
        };
        let mut scope = Parts::new(reads);
        scope.add("network", |_| &self.network);
        scope.add("chain", |_| &self.chain);
        scope.add("settings", |reads| settings(service, reads));
        scope.add("volume", |reads| {
            let mut volumes = Parts::new(reads);
            for volume in &service.volumes {
                let place = if native { &volume.host_path } else { &volume.path };
                volumes.add(&spoken(&volume.name), |_| place);
            }
            volumes.done()
        });
        scope.add("artifact", |reads| {
            let mut trees = Parts::new(reads);
            for (tree, inside) in &service.component.artifacts {
                trees.add(
                    &spoken(tree),
                    |_| if native { topology.artifact_dir(tree) } else { inside.clone() },
                );
            }
            trees.done()
        });
        scope.add("file", |reads| {
            let mut files = Parts::new(reads);
            let own = |path| format!("{}/{}", topology.config_dir(service), super::build::file_name(path));
            for path in service.component.files.keys() {
                files.add(path, |_| if native { own(path) } else { path.clone() });
            }
            files.done()
        });
        scope.add("host_path", |reads| {
            let mut paths = Parts::new(reads);
            for (path, inside) in &access.paths {
                paths.add(path, |_| if native { path } else { inside.inside() });
            }
            paths.done()
        });
        scope.add("textfiles", |_| access.textfiles.as_ref().and_then(|_| textfiles()));
        scope.add("resources", |_| ResourceScope {
            memory_mib: service.memory.map(ByteSize::mib),
            cpus: service.cpus.map(|Cpus(thousandths)| f64::from(thousandths) / 1000.0),
        });
        scope.add("monitoring", |_| &self.monitoring);
        scope.add("genesis", |_| &self.genesis);
        scope.made()
    }

    /// The first provider, with all of them; none where there is none.
    fn need(&self, service: &Service, interface: &str, reads: &Reads) -> Option<Context> {
        let mut providers = self.topology.providers(service.id, interface);
        let first = providers.next()?;
        let mut provided = self.provider(service.id, first, interface, reads);
        provided.add("all", |reads| {
            let all = std::iter::once(first).chain(providers);
            // An item is asked for as a whole, whatever is done with it.
            let one = |id| self.provider(service.id, id, interface, reads).done();
            all.map(one).collect::<Vec<Context>>()
        });
        Some(provided.done())
    }

    fn provider<'r>(
        &self,
        consumer: ServiceId,
        id: ServiceId,
        interface: &str,
        reads: &'r Reads,
    ) -> Parts<'r> {
        let service = &self.topology.services[id];
        let mut provided = Parts::new(reads);
        provided.add("service", |_| &service.name);
        provided.add("settings", |_| self.settings_of(service));
        if let Some(endpoint) = self.topology.endpoint(consumer, id, interface) {
            provided.add("url", |_| endpoint.url());
            provided.add("authority", |_| endpoint.authority());
            provided.add("host", |_| &endpoint.host);
            provided.add("port", |_| endpoint.port);
            provided.add("path", |_| &endpoint.path);
        }
        provided.add("region", |_| self.topology.region_name(service.host));
        provided.add("ready", |_| super::health::ready(service, interface));
        provided
    }
}

/// A value for each of some names, of those that are asked for.
fn parts<'n, T: Serialize>(
    reads: &Reads,
    names: impl Iterator<Item = &'n String>,
    make: impl Fn(&'n str, &Reads) -> T,
) -> Context {
    let mut parts = Parts::new(reads);
    for name in names {
        parts.add(&spoken(name), |reads| make(name, reads));
    }
    parts.done()
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

/// The settings of a service as it sees them itself: secrets are files.
fn settings(service: &Service, reads: &Reads) -> Map<String, Value> {
    let mut settings = Map::new();
    let asked = |name: &String| Some(spoken(name).into_owned()).filter(|name| reads.part(name).is_some());
    for (name, value) in service.settings.iter() {
        settings.extend(asked(name).map(|name| (name, value.clone())));
    }
    for secret in &service.secrets {
        settings.extend(asked(&secret.setting).map(|name| (name, secret.path.clone().into())));
    }
    for (name, setting) in &service.component.settings {
        if setting.kind == crate::catalog::setting::SettingType::Secret
            && let Some(name) = asked(name)
        {
            settings.entry(name).or_insert(Value::Null);
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
