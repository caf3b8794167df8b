//! The order of resolving, and what all its steps share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::clusters::Cluster;
use super::graph::ServiceGraph;
use super::ids::{ClusterId, HostId, Id, NodeId, RegionId, SecretId, ServiceId, Table};
use super::ir::{Binding, Host, Node, Region, Secret, Service, Topology};
use super::services::Draft;
use super::shards::Shard;
use super::{
    GivenPorts, allocate, bind, claims, clusters, genesis, mesh, peering, places, policies, ports, secrets,
    services, settings,
};
use crate::catalog::Catalog;
use crate::catalog::chain::{Chain, Consensus};
use crate::diag::{Diagnostic, Sink, codes, did_you_mean};
use crate::identity::Registry;
use crate::manifest::Manifest;
use crate::template::Templates;
use crate::text::{SourceMap, Spanned};
use crate::value::{Map, Node as Tree};
use crate::world::World;

/// What resolving reads and where it reports.
pub struct Context<'a> {
    /// The manifest.
    pub manifest: &'a Manifest,
    /// The tree that the manifest was read from. It still has what could not be read.
    pub tree: &'a Tree,
    /// The catalog.
    pub catalog: &'a mut Catalog,
    /// For the user's component files.
    pub world: &'a dyn World,
    /// Expressions in component data.
    pub templates: &'a Templates,
    /// Identities that the lock holds.
    pub identities: &'a Registry,
    /// Ports that the lock holds.
    pub given_ports: &'a GivenPorts,
    /// All sources so far.
    pub sources: &'a mut SourceMap,
    /// Where problems go.
    pub sink: &'a mut Sink,
}

impl Context<'_> {
    /// Reports a name that refers to nothing. A thing that is there but could not be read is not
    /// unknown: its own mistake was reported.
    pub(super) fn unknown<'n>(
        &mut self,
        kind: &str,
        name: &Spanned<String>,
        known: impl IntoIterator<Item = &'n str>,
    ) {
        if self.is_written(kind, name) {
            return;
        }
        let known: Vec<&str> = known.into_iter().collect();
        let section = SECTIONS.iter().find(|(known, _)| *known == kind).map(|(_, path)| path.join("."));
        let diagnostic =
            Diagnostic::new(&codes::UNKNOWN_NAME, name.span, format!("there is no {kind} `{name}`"))
                .here(format!("no such {kind}"));
        self.sink.push(match section.filter(|_| known.is_empty()) {
            Some(section) => diagnostic.help(format!("none is defined; add one under `{section}:`")),
            None if known.is_empty() => {
                diagnostic.help(format!("this network has no {kind}; take the name out"))
            }
            None => diagnostic.suggest(&name.value, known),
        });
    }
}

impl Context<'_> {
    /// Whether something of this kind and name stands in the file, readable or not.
    pub(super) fn is_written(&self, kind: &str, name: &str) -> bool {
        let Some((_, path)) = SECTIONS.iter().find(|(known, _)| *known == kind) else { return false };
        let mut place = self.tree;
        for key in *path {
            match place.get(key) {
                Some(inner) => place = inner,
                // A misspelt section was reported with its key; so is every name in it.
                None => {
                    let near = |map: &Map| map.iter().any(|(other, _)| did_you_mean(other, [*key]).is_some());
                    return place.as_map().is_some_and(near);
                }
            }
        }
        // A section of the wrong type was reported too.
        place.as_map().is_none_or(|map| map.get(name).is_some())
    }
}

/// Where the things stand that names refer to.
const SECTIONS: &[(&str, &[&str])] = &[
    ("host", &["hosts"]),
    ("region", &["regions"]),
    ("node", &["nodes"]),
    ("stack", &["stacks"]),
    ("secret", &["secrets"]),
    ("network", &["networks"]),
    ("receiver", &["monitoring", "receivers"]),
    ("machine", &["prices", "machines"]),
    ("team", &["monitoring", "teams"]),
    ("time", &["monitoring", "times"]),
];

/// The tables while they grow.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) regions: Table<RegionId, Region>,
    pub(super) hosts: Table<HostId, Host>,
    pub(super) nodes: Table<NodeId, Node>,
    pub(super) clusters: Table<ClusterId, Cluster>,
    pub(super) services: Table<ServiceId, Service>,
    pub(super) secrets: Table<SecretId, Secret>,
    pub(super) bindings: Vec<Binding>,
    /// Who shares out what is scraped.
    pub(super) shards: Vec<Shard>,
    /// Where services are missing that could not be placed: a node, or `None` for the network itself.
    /// What they would have provided is not missed again.
    pub(super) gaps: BTreeSet<Option<NodeId>>,
}

impl Tables {
    /// A host by name.
    pub(super) fn host(&self, name: &str) -> Option<&Host> {
        find(&self.hosts, name, |host| &host.name)
    }

    /// A node by name.
    pub(super) fn node(&self, name: &str) -> Option<&Node> {
        find(&self.nodes, name, |node| &node.name)
    }

    /// A region by name.
    pub(super) fn region(&self, name: &str) -> Option<&Region> {
        find(&self.regions, name, |region| &region.name)
    }

    /// A service by its unique name.
    pub(super) fn service(&self, name: &str) -> Option<&Service> {
        find(&self.services, name, |service| &service.name)
    }
}

/// Tables are sorted by name, so a name is found by bisection.
fn find<'t, I: Id, T>(table: &'t Table<I, T>, name: &str, key: impl Fn(&T) -> &String) -> Option<&'t T> {
    let items = table.as_slice();
    let at = items.binary_search_by(|item| key(item).as_str().cmp(name)).ok()?;
    items.get(at)
}

/// Resolves a manifest. Always gives what could be resolved; problems are in the sink.
pub fn resolve(cx: &mut Context<'_>) -> Topology {
    let mut tables = Tables::default();
    let chain = chain(cx);
    places::regions(cx, &mut tables);
    places::hosts(cx, &mut tables);
    let mesh = mesh::join(cx, &mut tables);
    places::nodes(cx, &mut tables);
    clusters::resolve(cx, &mut tables, chain.consensus);

    super::shards::read(cx, &mut tables);
    let drafts = services::expand(cx, &mut tables);
    let lookup = place_services(cx, &mut tables, &drafts);
    ports::listeners(cx, &mut tables, &drafts);
    bind::needs(cx, &mut tables, &drafts, &lookup);
    let graph = ServiceGraph::new(tables.services.ids(), &tables.bindings);
    bind::cycles(cx, &tables, &graph);
    secrets::collect(cx, &mut tables, &drafts);
    mesh.iter().for_each(|mesh| mesh::keys(cx, &mut tables, mesh));
    ports::publish(&mut tables, &graph);
    allocate::ports(cx, &mut tables);

    let peering = peering::resolve(cx, &mut tables);
    let genesis = genesis::resolve(cx, &tables, &chain);

    let topology = Topology { genesis, peering, mesh, ..policies::finish(cx, tables, graph, chain) };
    claims::check(cx, &topology);
    topology
}

fn chain(cx: &mut Context<'_>) -> Arc<Chain> {
    let name = &cx.manifest.network.chain;
    if let Some(chain) = cx.catalog.chain(name, cx.world, cx.sources, cx.sink) {
        return Arc::new(chain);
    }
    let known: Vec<String> = cx.catalog.chain_ids().map(str::to_owned).collect();
    let name = name.clone();
    // A chain whose data is broken was reported with its data, and so was one that does not stand there.
    if name.span.is_somewhere() && !known.contains(&name.value) {
        cx.sink.push(
            Diagnostic::new(&codes::UNKNOWN_NAME, name.span, format!("there is no chain `{name}`"))
                .here("no such chain")
                .suggest(&name, known.iter().map(String::as_str))
                .help("a file `chains/<id>.yaml` beside the manifest adds your own"),
        );
    }
    // A stand-in, so that the rest can still be resolved and reported on; the error above stops the build.
    Arc::new(Chain {
        id: name.value.clone(),
        name: name.value,
        family: String::new(),
        network_id: None,
        block_time: 12,
        slots_per_epoch: None,
        consensus: Consensus::Bft,
        shared: None,
        test: true,
        sources: Vec::new(),
    })
}

/// Turns drafts, which are sorted by name, into services; gives draft index -> service id.
fn place_services(cx: &mut Context<'_>, tables: &mut Tables, drafts: &[Draft]) -> Vec<ServiceId> {
    let ids: Vec<ServiceId> = (0..drafts.len()).map(ServiceId::from_index).collect();
    tables.services = Table::with_capacity(drafts.len());
    let mut known = settings::Known::new(cx);
    for (draft, id) in drafts.iter().zip(&ids) {
        let resolved = known.resolve(cx, tables, draft);
        let service = services::place(cx, tables, draft, *id, resolved);
        tables.services.push(service);
        if let Some(host) = tables.hosts.get_mut(draft.host) {
            host.services.push(*id);
        }
        if let Some(node) = draft.node.and_then(|node| tables.nodes.get_mut(node)) {
            node.services.push(*id);
        }
    }
    let owners: BTreeMap<ServiceId, ServiceId> = drafts
        .iter()
        .zip(&ids)
        .filter_map(|(draft, id)| {
            let owner = draft.owner.as_ref()?;
            let at = drafts.binary_search_by(|d| d.name.as_str().cmp(owner)).ok()?;
            Some((*id, *ids.get(at)?))
        })
        .collect();
    for (id, owner) in owners {
        if let Some(service) = tables.services.get_mut(id) {
            service.owner = Some(owner);
        }
    }
    ids
}
