//! What a diagram shows: groups, items and edges, before any syntax.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::catalog::component::Kind;
use crate::topology::{Binding, ClusterId, HostId, Id as _, NodeId, Service, ServiceId, Topology};

/// The interface of scrapes: every service has one, so the edges would hide all others.
const HIDDEN: &str = crate::plan::METRICS;

/// More services than this are folded, unless hosts are asked for.
const FOLD_ABOVE: usize = 60;

/// How a diagram is grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Every service on its host.
    Host,
    /// Regions, with one item for each role and component.
    Region,
    /// One box for each interface, with those who use and those who provide it.
    Interface,
}

/// A diagram.
#[derive(Clone, Debug, Default, Serialize)]
pub struct View {
    /// The network, and what is shown of it.
    pub title: String,
    /// Groups from the outside in.
    pub groups: Vec<Group>,
    /// Who uses what of whom.
    pub edges: Vec<Edge>,
}

/// A box around items: a region, a host, a node.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// Unique in the diagram.
    pub id: String,
    /// `region`, `host`, `node` or `interface`.
    pub kind: &'static str,
    /// Its title.
    pub label: String,
    /// Groups inside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// Items inside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
}

/// A service, or several alike.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    /// Unique in the diagram.
    pub id: String,
    /// The name.
    pub label: String,
    /// What it is, where the name does not say it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The colour.
    pub class: Class,
    /// The outline.
    pub shape: Shape,
}

/// What an item does in the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Executes transactions.
    Execution,
    /// Follows consensus.
    Consensus,
    /// Signs.
    Validator,
    /// Serves the others.
    Support,
    /// Watches the others.
    Watch,
}

/// The outline of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// A program.
    Box,
    /// A store of data.
    Store,
    /// Runs once and ends.
    Round,
}

/// Use of an interface.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Edge {
    /// Who uses.
    pub from: String,
    /// Who is used.
    pub to: String,
    /// The interface and its port.
    pub label: String,
    /// Only used where the first one fails.
    pub fallback: bool,
}

impl Class {
    /// All classes with fill, line and text colour.
    pub const COLOURS: [(Self, &'static str, &'static str); 5] = [
        (Self::Execution, "#dbeafe", "#1d4ed8"),
        (Self::Consensus, "#dcfce7", "#15803d"),
        (Self::Validator, "#fef3c7", "#b45309"),
        (Self::Support, "#f3e8ff", "#7e22ce"),
        (Self::Watch, "#f3f4f6", "#4b5563"),
    ];

    /// The name in style sheets.
    pub fn word(self) -> &'static str {
        match self {
            Self::Execution => "execution",
            Self::Consensus => "consensus",
            Self::Validator => "validator",
            Self::Support => "support",
            Self::Watch => "watch",
        }
    }

    fn of(kind: Kind) -> Self {
        match kind {
            Kind::ExecutionClient | Kind::ChainNode => Self::Execution,
            Kind::ConsensusClient => Self::Consensus,
            Kind::ValidatorClient | Kind::Signer => Self::Validator,
            Kind::BlockBuilder | Kind::Database | Kind::Job | Kind::Proxy | Kind::Other => Self::Support,
            Kind::Exporter | Kind::Monitoring => Self::Watch,
        }
    }
}

impl Shape {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Database => Self::Store,
            Kind::Job => Self::Round,
            _ => Self::Box,
        }
    }
}

impl View {
    /// A view of a network. Without `by`, large networks are folded. With `focus`, only these services
    /// and their direct neighbours are shown, and nothing is folded.
    pub fn new(topology: &Topology, by: Option<By>, focus: Option<&BTreeSet<ServiceId>>) -> Self {
        let shown = shown(topology, focus);
        let large = shown.len() > FOLD_ABOVE && focus.is_none();
        match by.unwrap_or(if large { By::Region } else { By::Host }) {
            By::Host => by_host(topology, &shown, focus),
            By::Region => by_region(topology, &shown),
            By::Interface => by_interface(topology, &shown),
        }
    }
}

/// The services that a word means: one service, or those of a node or a host.
pub fn named(topology: &Topology, word: &str) -> Option<BTreeSet<ServiceId>> {
    if let Some(service) = topology.services.iter().find(|service| service.name == word) {
        return Some(BTreeSet::from([service.id]));
    }
    if let Some(node) = topology.nodes.iter().find(|node| node.name == word) {
        return Some(node.services.iter().copied().collect());
    }
    let host = topology.hosts.iter().find(|host| host.name == word)?;
    Some(host.services.iter().copied().collect())
}

fn shown(topology: &Topology, focus: Option<&BTreeSet<ServiceId>>) -> BTreeSet<ServiceId> {
    let Some(focus) = focus else { return topology.services.ids().collect() };
    let mut shown = focus.clone();
    for binding in visible(topology) {
        if focus.contains(&binding.consumer) || focus.contains(&binding.provider) {
            shown.extend([binding.consumer, binding.provider]);
        }
    }
    shown
}

fn visible(topology: &Topology) -> impl Iterator<Item = &Binding> {
    topology.bindings.iter().filter(|b| b.interface != HIDDEN && b.consumer != b.provider)
}

fn hosts_by_region<'a>(
    topology: &'a Topology,
    shown: &BTreeSet<ServiceId>,
) -> BTreeMap<&'a str, Vec<HostId>> {
    let mut regions: BTreeMap<&str, Vec<HostId>> = BTreeMap::new();
    for host in topology.hosts.iter().filter(|host| host.services.iter().any(|id| shown.contains(id))) {
        regions.entry(topology.region_name(host.id)).or_default().push(host.id);
    }
    regions
}

fn by_host(topology: &Topology, shown: &BTreeSet<ServiceId>, focus: Option<&BTreeSet<ServiceId>>) -> View {
    let members = topology.memberships();
    let regions =
        hosts_by_region(topology, shown).into_iter().enumerate().map(|(at, (region, hosts))| Group {
            id: format!("region{at}"),
            kind: "region",
            label: format!("region {region}"),
            groups: hosts.into_iter().map(|host| host_group(topology, host, shown, &members)).collect(),
            items: Vec::new(),
        });
    let edges = visible(topology)
        .filter(|b| shown.contains(&b.consumer) && shown.contains(&b.provider))
        .filter(|b| focus.is_none_or(|focus| focus.contains(&b.consumer) || focus.contains(&b.provider)))
        .map(|binding| {
            let port = topology.services[binding.provider].listener(&binding.interface).and_then(|l| l.port);
            let port = port.map(|port| format!(" :{port}")).unwrap_or_default();
            Edge {
                from: service_id(binding.consumer),
                to: service_id(binding.provider),
                label: format!("{}{port}", binding.interface),
                fallback: binding.order > 0,
            }
        });
    View { title: topology.name.clone(), groups: regions.collect(), edges: edges.collect() }
}

fn host_group(
    topology: &Topology,
    id: HostId,
    shown: &BTreeSet<ServiceId>,
    members: &BTreeMap<NodeId, Vec<ClusterId>>,
) -> Group {
    let host = &topology.hosts[id];
    let mut nodes: BTreeMap<NodeId, Vec<Item>> = BTreeMap::new();
    let mut items = Vec::new();
    for service in topology.services_on(id).filter(|service| shown.contains(&service.id)) {
        match service.node {
            Some(node) => nodes.entry(node).or_default().push(item(service)),
            None => items.push(item(service)),
        }
    }
    let groups = nodes.into_iter().map(|(id, items)| {
        let node = &topology.nodes[id];
        let power = match node.voting_power {
            0 => String::new(),
            power => format!(" · power {power}"),
        };
        let clusters = members.get(&id).into_iter().flatten();
        let clusters: String =
            clusters.map(|id| format!(" · cluster {}", topology.clusters[*id].name)).collect();
        Group {
            id: format!("node{}", id.index()),
            kind: "node",
            label: format!("{} · {}{power}{clusters}", node.name, node.role),
            groups: Vec::new(),
            items,
        }
    });
    Group {
        id: format!("host{}", id.index()),
        kind: "host",
        label: format!("{} ({})", host.name, host.address),
        groups: groups.collect(),
        items,
    }
}

fn item(service: &Service) -> Item {
    let component = service.component.component.as_str();
    Item {
        id: service_id(service.id),
        label: service.local_name.clone(),
        detail: if service.local_name == component { String::new() } else { component.to_owned() },
        class: Class::of(service.component.kind),
        shape: Shape::of(service.component.kind),
    }
}

fn service_id(id: ServiceId) -> String {
    format!("s{}", id.index())
}

/// One item for the services of a region that do the same: one component, in nodes of one role.
fn by_region(topology: &Topology, shown: &BTreeSet<ServiceId>) -> View {
    type Key<'a> = (&'a str, &'a str, &'a str);
    let members = topology.memberships();
    let key = |service: &'_ Service| -> (String, String, String) {
        let role = service.node.map_or("", |node| topology.nodes[node].role.as_str());
        let region = topology.region_name(service.host);
        (region.to_owned(), role.to_owned(), service.component.component.value.clone())
    };
    let mut folded: BTreeMap<(String, String, String), Vec<&Service>> = BTreeMap::new();
    for service in topology.services.iter().filter(|service| shown.contains(&service.id)) {
        folded.entry(key(service)).or_default().push(service);
    }
    let ids: BTreeMap<&(String, String, String), String> =
        folded.keys().enumerate().map(|(at, key)| (key, format!("f{at}"))).collect();
    let mut regions: BTreeMap<&str, BTreeMap<&str, Vec<Item>>> = BTreeMap::new();
    for (key, services) in &folded {
        let (region, role, component): Key<'_> = (&key.0, &key.1, &key.2);
        let Some(first) = services.first() else { continue };
        regions.entry(region).or_default().entry(role).or_default().push(Item {
            id: ids.get(key).cloned().unwrap_or_default(),
            label: component.to_owned(),
            detail: if services.len() == 1 { String::new() } else { format!("× {}", services.len()) },
            class: Class::of(first.component.kind),
            shape: Shape::of(first.component.kind),
        });
    }
    let groups = regions.into_iter().enumerate().map(|(at, (region, roles))| {
        let mut groups = Vec::new();
        for (role, of_role) in roles {
            if role.is_empty() {
                groups.push(Group {
                    id: format!("region{at}shared"),
                    kind: "node",
                    label: "services of the network".to_owned(),
                    groups: Vec::new(),
                    items: of_role,
                });
                continue;
            }
            let nodes = topology
                .nodes
                .iter()
                .filter(|node| node.role == role && topology.region_name(node.host) == region);
            let (mut count, mut in_clusters, mut power) = (0_usize, 0_usize, 0_u128);
            for node in nodes {
                count += 1;
                in_clusters += usize::from(members.contains_key(&node.id));
                power += u128::from(node.voting_power);
            }
            let mut power = if power == 0 { String::new() } else { format!(" · power {power}") };
            if in_clusters > 0 {
                power.push_str(&format!(" · {in_clusters} in clusters"));
            }
            groups.push(Group {
                id: format!("region{at}role{}", groups.len()),
                kind: "node",
                label: format!("{count} × {role}{power}"),
                groups: Vec::new(),
                items: of_role,
            });
        }
        let hosts = topology.hosts.iter().filter(|host| topology.region_name(host.id) == region).count();
        let hosts = if hosts == 1 { "1 host".to_owned() } else { format!("{hosts} hosts") };
        let label = format!("region {region} · {hosts}");
        Group { id: format!("region{at}"), kind: "region", label, groups, items: Vec::new() }
    });
    let id_of = |id: ServiceId| ids.get(&key(&topology.services[id])).cloned();
    let mut edges: BTreeMap<(String, String, String), bool> = BTreeMap::new();
    for binding in visible(topology).filter(|b| shown.contains(&b.consumer) && shown.contains(&b.provider)) {
        let (Some(from), Some(to)) = (id_of(binding.consumer), id_of(binding.provider)) else { continue };
        // A fold that uses itself is its own business.
        if from != to {
            *edges.entry((from, to, binding.interface.clone())).or_insert(true) &= binding.order > 0;
        }
    }
    View {
        title: format!("{} by region", topology.name),
        groups: groups.collect(),
        edges: edges
            .into_iter()
            .map(|((from, to, label), fallback)| Edge { from, to, label, fallback })
            .collect(),
    }
}

/// A box for each interface: those who use it on one side, those who provide it on the other.
fn by_interface(topology: &Topology, shown: &BTreeSet<ServiceId>) -> View {
    let mut interfaces: BTreeMap<&str, Vec<&Binding>> = BTreeMap::new();
    for binding in visible(topology).filter(|b| shown.contains(&b.consumer) && shown.contains(&b.provider)) {
        interfaces.entry(&binding.interface).or_default().push(binding);
    }
    let mut view = View { title: format!("{} by interface", topology.name), ..View::default() };
    for (at, (interface, bindings)) in interfaces.into_iter().enumerate() {
        let side = |name: &str, label: &str, ids: BTreeSet<ServiceId>| Group {
            id: format!("interface{at}{name}"),
            kind: "node",
            label: label.to_owned(),
            groups: Vec::new(),
            items: ids
                .into_iter()
                .map(|id| {
                    let service = &topology.services[id];
                    let host = &topology.hosts[service.host].name;
                    Item {
                        id: format!("{name}{at}{}", service_id(id)),
                        label: service.name.clone(),
                        detail: format!("{} on {host}", service.component.component.value),
                        ..item(service)
                    }
                })
                .collect(),
        };
        let users = side("u", "uses", bindings.iter().map(|b| b.consumer).collect());
        let providers = side("p", "provides", bindings.iter().map(|b| b.provider).collect());
        view.groups.push(Group {
            id: format!("interface{at}"),
            kind: "interface",
            label: interface.to_owned(),
            groups: vec![users, providers],
            items: Vec::new(),
        });
        view.edges.extend(bindings.into_iter().map(|binding| {
            let port = topology.services[binding.provider].listener(interface).and_then(|l| l.port);
            Edge {
                from: format!("u{at}{}", service_id(binding.consumer)),
                to: format!("p{at}{}", service_id(binding.provider)),
                label: port.map(|port| format!(":{port}")).unwrap_or_default(),
                fallback: binding.order > 0,
            }
        }));
    }
    view
}
