//! What the playbooks that look after a running network know of a host: who is asked how far a node
//! is, which ports and names a host needs, and where its state lies.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::Serialize;

use crate::catalog::setting::SettingType;
use crate::catalog::sync::{SyncAnswers, SyncProtocol};
use crate::plan::Plan;
use crate::text::url_host;
use crate::topology::{Host, Publish, Service, Topology};

#[derive(Serialize)]
pub(super) struct Operations {
    /// Who tells how far the nodes of this host are along their chain.
    sync: Vec<Sync>,
    /// What services listen on, on the host itself.
    sockets: Vec<Socket>,
    /// DNS names that must resolve on the host.
    names: Vec<Name>,
    /// Programs that systemd starts without a container.
    programs: Vec<Program>,
    /// The services that read a secret, by the place of the secret on the host.
    secret_readers: BTreeMap<String, BTreeSet<String>>,
    /// Folders with the state of services.
    state: Vec<State>,
    /// The backups of the network, where they are a folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    backup_dir: Option<String>,
}

#[derive(Serialize)]
struct Sync {
    /// The node; with its service where a node has several that answer.
    label: String,
    service: String,
    answers: SyncAnswers,
    #[serde(flatten)]
    way: Way,
}

/// How it is reached from its own host.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Way {
    Url(String),
    /// A container of the host that publishes no port.
    Container {
        scheme: String,
        port: u16,
        path: String,
    },
    /// A program beside it; the method is the last argument.
    Command(Vec<String>),
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Socket {
    port: u16,
    transport: &'static str,
    address: String,
    service: String,
    unit: String,
}

#[derive(Serialize)]
struct Name {
    name: String,
    /// Who needs it.
    for_what: String,
}

#[derive(Serialize)]
struct Program {
    service: String,
    path: String,
    /// The package that brings it.
    #[serde(skip_serializing_if = "Option::is_none")]
    package: Option<String>,
}

#[derive(Serialize)]
struct State {
    service: String,
    path: String,
    /// It cannot be had again, or it is what keeps a validator from signing twice.
    kept: bool,
}

pub(super) fn operations(plan: &Plan, host: &Host, services: &[&Service]) -> Operations {
    let topology = &plan.topology;
    let backup_dir =
        topology.backup.as_ref().map(|backup| backup.to.clone()).filter(|to| to.starts_with('/'));
    Operations {
        sync: services.iter().filter_map(|service| sync(plan, host, service)).collect(),
        sockets: sockets(topology, host, services),
        names: names(topology, host, services),
        programs: programs(host, services),
        secret_readers: secret_readers(topology, services),
        state: services.iter().flat_map(|service| state(service)).collect(),
        backup_dir,
    }
}

fn sync(plan: &Plan, host: &Host, service: &Service) -> Option<Sync> {
    let sync = service.component.sync.as_ref()?;
    let way = match sync.interface.as_deref() {
        None => Way::Command(client(host, service, &plan.runs[service.id].sync_client)?),
        Some(interface) => reach(host, service, interface, path_of(service, interface, &sync.answers)?)?,
    };
    Some(Sync {
        label: label(&plan.topology, service),
        service: service.name.clone(),
        answers: sync.answers.clone(),
        way,
    })
}

/// `n1`; `n1/beacon` where several services of the node answer; the service itself where it is of no node.
pub(super) fn label(topology: &Topology, service: &Service) -> String {
    let Some(node) = service.node.map(|node| &topology.nodes[node]) else { return service.name.clone() };
    let answering = node.services.iter().filter(|id| topology.services[**id].component.sync.is_some());
    if answering.count() > 1 { format!("{}/{}", node.name, service.local_name) } else { node.name.clone() }
}

/// Protocols have paths of their own; metrics are where their interface says.
fn path_of(service: &Service, interface: &str, answers: &SyncAnswers) -> Option<String> {
    let path = &service.listener(interface)?.path;
    Some(match answers {
        SyncAnswers::Protocol(SyncProtocol::Beacon | SyncProtocol::Cometbft) => {
            path.trim_end_matches('/').to_owned()
        }
        SyncAnswers::Metrics(_) | SyncAnswers::Protocol(_) => path.clone(),
    })
}

/// Where a path of an interface is reached on its own host.
pub(super) fn reach(host: &Host, service: &Service, interface: &str, path: String) -> Option<Way> {
    let listener = service.listener(interface)?;
    let scheme = listener.protocol.clone().unwrap_or_else(|| "http".to_owned());
    let published =
        listener.publish.clone().or_else(|| service.on_host_network(host).then_some(Publish::Loopback));
    match published {
        Some(publish) => {
            let address = match &publish {
                Publish::Any | Publish::Loopback => "127.0.0.1".to_owned(),
                Publish::Address(address) if address.contains(':') => format!("[{address}]"),
                Publish::Address(address) => address.clone(),
            };
            Some(Way::Url(format!("{scheme}://{address}:{}{path}", listener.port?)))
        }
        None => Some(Way::Container { scheme, port: listener.container_port?, path }),
    }
}

/// The client, run where the program is: in its container, or under its account.
fn client(host: &Host, service: &Service, words: &[String]) -> Option<Vec<String>> {
    if words.is_empty() {
        return None;
    }
    let mut argv: Vec<String> = match (host.runtime.is_container(), service.component.user.as_deref()) {
        (true, _) => {
            let engine = if host.runtime == crate::manifest::Runtime::Quadlet { "podman" } else { "docker" };
            [engine, "container", "exec", &service.name].map(str::to_owned).to_vec()
        }
        (false, Some(user)) => {
            let (user, group) = user.split_once(':').unwrap_or((user, user));
            let to = [format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".to_owned()];
            std::iter::once("setpriv".to_owned()).chain(to).collect()
        }
        (false, None) => Vec::new(),
    };
    argv.extend(words.iter().cloned());
    Some(argv)
}

fn sockets(topology: &Topology, host: &Host, services: &[&Service]) -> Vec<Socket> {
    let mut sockets = BTreeSet::new();
    for service in services {
        let unit = super::host::unit_of(topology, host, service);
        for listener in &service.listeners {
            let (Some(port), Some(publish)) = (listener.port, &listener.publish) else { continue };
            for transport in &listener.transports {
                sockets.insert(Socket {
                    port,
                    transport: transport.word(),
                    address: publish.address().to_owned(),
                    service: service.name.clone(),
                    unit: unit.clone(),
                });
            }
        }
    }
    sockets.into_iter().collect()
}

/// The names of other hosts that services connect to, of registries, and of servers in settings.
fn names(topology: &Topology, host: &Host, services: &[&Service]) -> Vec<Name> {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut add = |name: &str, for_what: String| {
        let dns = name.parse::<IpAddr>().is_err() && name.contains('.') && !name.ends_with('.');
        if dns {
            names.entry(name.to_ascii_lowercase()).or_insert(for_what);
        }
    };
    for service in services {
        for binding in topology.bindings_of(service.id) {
            let provider = &topology.services[binding.provider];
            if provider.host != host.id {
                let for_what = format!("`{}` reaches `{}`", service.name, provider.name);
                add(topology.hosts[provider.host].peer_address(), for_what);
            }
        }
        if host.runtime.is_container() {
            let image = service.image.qualified_name();
            let registry = image.split('/').next().unwrap_or_default();
            let registry = registry.split(':').next().unwrap_or_default();
            let registry = if registry == "docker.io" { "registry-1.docker.io" } else { registry };
            add(registry, format!("the image of `{}`", service.name));
        }
        for (setting, definition) in &service.component.settings {
            if !matches!(definition.kind, SettingType::Url | SettingType::UrlList) {
                continue;
            }
            let values = service.settings.get(setting).into_iter();
            let values = values.flat_map(|value| match value.as_array() {
                Some(list) => list.iter().collect::<Vec<_>>(),
                None => vec![value],
            });
            for url in values.filter_map(serde_json::Value::as_str) {
                add(&url_host(url), format!("`{setting}` of `{}`", service.name));
            }
        }
    }
    if let Some(backup) = topology.backup.as_ref().filter(|_| services.iter().any(|s| topology.is_saved(s))) {
        add(&url_host(&backup.to), "the backups".to_owned());
    }
    names.into_iter().map(|(name, for_what)| Name { name, for_what }).collect()
}

fn programs(host: &Host, services: &[&Service]) -> Vec<Program> {
    if host.runtime.is_container() {
        return Vec::new();
    }
    let program = |service: &&Service| {
        let native = service.component.native.as_ref()?;
        Some(Program {
            service: service.name.clone(),
            path: native.program.clone(),
            package: native.package.clone(),
        })
    };
    services.iter().filter_map(program).collect()
}

fn secret_readers(topology: &Topology, services: &[&Service]) -> BTreeMap<String, BTreeSet<String>> {
    let mut readers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for service in services {
        for used in topology.secrets_of(service) {
            let place = topology.secrets[used.secret].host_path.clone();
            readers.entry(place).or_default().insert(service.name.clone());
        }
    }
    readers
}

fn state(service: &Service) -> Vec<State> {
    let signs = service.component.identities.values().any(|identity| identity.votes);
    let own = service.volumes.iter().filter(|volume| !volume.lent);
    own.map(|volume| State {
        service: service.name.clone(),
        path: volume.host_path.clone(),
        kept: volume.backup || signs,
    })
    .collect()
}
