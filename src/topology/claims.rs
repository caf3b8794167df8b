//! Names that are made of names: units, objects of a cluster, entries of a project. No two things get
//! one. A service, say, that is called like the unit of a container network is found here, at its place in
//! the manifest, and not by the file that would be written twice.

use std::collections::{BTreeMap, BTreeSet};

use super::ir::{Host, Service, Topology};
use super::resolve::Context;
use crate::catalog::component::Run;
use crate::diag::{Diagnostic, Sink, codes};
use crate::manifest::{Firewall, Runtime};
use crate::text::Span;

/// Who has a name.
#[derive(Clone)]
struct Holder {
    /// In words: "service `x`".
    what: String,
    origin: Span,
}

/// Names of one kind, where no two may be equal.
struct Names<'a> {
    /// In words: "units of host `a`".
    kind: String,
    taken: BTreeMap<String, Holder>,
    sink: &'a mut Sink,
}

impl<'a> Names<'a> {
    fn new(kind: String, sink: &'a mut Sink) -> Self {
        Self { kind, taken: BTreeMap::new(), sink }
    }

    /// Takes a name; the one who comes later is told.
    fn take(&mut self, name: String, what: impl Into<String>, origin: Span) {
        let holder = Holder { what: what.into(), origin };
        let Some(first) = self.taken.get(&name) else {
            self.taken.insert(name, holder);
            return;
        };
        self.sink.push_once(
            Diagnostic::new(
                &codes::DUPLICATE_NAME,
                holder.origin,
                format!("two {} get the name `{name}`: {} and {}", self.kind, first.what, holder.what),
            )
            .here(format!("of {}", holder.what))
            .label(first.origin, format!("of {}", first.what))
            .help("give one of them another name"),
        );
    }
}

/// Looks at every host and every cluster.
pub(super) fn check(cx: &mut Context<'_>, topology: &Topology) {
    let network = cx.manifest.network.name.span;
    for host in topology.hosts.iter().filter(|host| !host.services.is_empty()) {
        match host.runtime {
            Runtime::Kubernetes => continue,
            Runtime::Compose => entries(topology, host, cx.sink),
            Runtime::SystemdDocker | Runtime::Quadlet | Runtime::Native => {}
        }
        units(topology, host, network, cx.sink);
    }
    clusters(topology, network, cx.sink);
}

/// Where the part of a service's name stands that a person chose: services of a stack have one place for
/// all nodes, and the nodes tell them apart.
fn place(topology: &Topology, service: &Service) -> Span {
    service.node.map_or(service.origin, |node| topology.nodes[node].origin)
}

fn named(service: &Service) -> String {
    format!("service `{}`", service.name)
}

/// The systemd units of a host, without their suffixes: a timer is called like what it starts.
fn units(topology: &Topology, host: &Host, network: Span, sink: &mut Sink) {
    let container = host.runtime.is_container();
    let mut names = Names::new(format!("units of host `{}`", host.name), sink);
    let mut fixed = |there: bool, name: String, what: &str| {
        if there {
            names.take(name, what, network);
        }
    };
    fixed(host.runtime == Runtime::Compose, topology.stack_unit_name(), "the stack");
    fixed(topology.textfile_dir(host).is_some(), topology.state_unit_name(), "the state of the host");
    fixed(topology.firewall == Firewall::Nftables, topology.firewall_unit_name(), "the firewall");
    fixed(topology.mesh.is_some(), topology.mesh_unit_name(), "the mesh");
    fixed(container, topology.prune_unit_name(), "the clean-up of images");
    let services: Vec<&Service> = topology.services_on(host.id).collect();
    if matches!(host.runtime, Runtime::SystemdDocker | Runtime::Quadlet) {
        let networks: BTreeSet<&String> = services.iter().flat_map(|service| &service.networks).collect();
        for name in networks {
            let origin = topology.networks.get(name).map_or(network, |network| network.origin);
            names.take(topology.network_unit_name(name), format!("container network `{name}`"), origin);
        }
    }
    for service in services.iter().filter(|service| topology.is_saved(service)) {
        let what = format!("the backup of {}", named(service));
        names.take(topology.backup_unit_name(service), what, place(topology, service));
    }
    if host.runtime != Runtime::Compose {
        for service in services {
            names.take(topology.unit_name(service), named(service), place(topology, service));
        }
    }
}

/// The secrets of a Compose project, of which each use has an entry.
fn entries(topology: &Topology, host: &Host, sink: &mut Sink) {
    let mut names = Names::new(format!("secrets of the project of host `{}`", host.name), sink);
    for service in topology.services_on(host.id) {
        for used in topology.secrets_of(service) {
            let what = format!("setting `{}` of {}", used.setting, named(service));
            names.take(service.secret_entry(&used.path), what, place(topology, service));
        }
    }
}

/// The objects of each cluster that begin with the name of a service, and its folder in the bundle.
fn clusters(topology: &Topology, network: Span, sink: &mut Sink) {
    let mut clusters: BTreeMap<&str, Vec<&Host>> = BTreeMap::new();
    for host in topology.hosts.iter().filter(|host| host.runtime == Runtime::Kubernetes) {
        clusters.entry(topology.region_name(host.id)).or_default().push(host);
    }
    for (cluster, hosts) in clusters {
        let mut names = Names::new("clusters".to_owned(), sink);
        for region in hosts.iter().map(|host| host.region).collect::<BTreeSet<_>>() {
            let (what, origin) = match region {
                Some(id) => (format!("region `{cluster}`"), topology.regions[id].origin),
                None => ("hosts without a region".to_owned(), network),
            };
            names.take(cluster.to_owned(), what, origin);
        }
        let services = || hosts.iter().flat_map(|host| topology.services_on(host.id));
        let mut names = Names::new("services of a cluster".to_owned(), sink);
        for service in services() {
            for end in ["", "-headless", "-outside"] {
                names.take(format!("{}{end}", service.name), named(service), place(topology, service));
            }
        }
        let mut names = Names::new("network policies of a cluster".to_owned(), sink);
        for name in NETWORK_POLICIES {
            names.take(name.to_owned(), "all pods", network);
        }
        for service in services() {
            names.take(service.name.clone(), named(service), place(topology, service));
        }
        let mut names = Names::new("claims of a cluster".to_owned(), sink);
        for service in services() {
            for volume in service.volumes.iter().filter(|volume| !volume.lent) {
                let what = format!("volume `{}` of {}", volume.name, named(service));
                names.take(service.claim(&volume.name), what, place(topology, service));
            }
        }
    }
}

/// The policies of a cluster that hold for every pod.
pub const NETWORK_POLICIES: [&str; 2] = ["default-deny", "names"];

impl Service {
    /// The entry of one of its secrets in a Compose project. The file differs even where the secret is
    /// the same.
    pub fn secret_entry(&self, path: &str) -> String {
        let file = path.rsplit('/').next().unwrap_or(path);
        format!("{}-{file}", self.name)
    }

    /// The claim of one of its volumes in a cluster: the stateful set names it after its pod, a job has
    /// one of its own name.
    pub fn claim(&self, volume: &str) -> String {
        match self.component.run {
            Run::Service => format!("{volume}-{}-0", self.name),
            Run::Job => format!("{volume}-{}", self.name),
        }
    }
}
