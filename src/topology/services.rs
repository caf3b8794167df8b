//! Which services there are: stacks of nodes, services of the network, profiles, companions.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::image::ImageRef;
use super::ir::{Host, Service};
use super::places::{check_name, host_id, sorted};
use super::resolve::{Context, Tables};
use super::settings::Resolved;
use super::{HostId, NodeId, ServiceId, volumes};
use crate::catalog::Entry;
use crate::catalog::profile::ProfilePlace;
use crate::diag::{Diagnostic, codes};
use crate::hashed::IndexMap;
use crate::manifest::{Hosts, NamePattern, NodeOverride, Resources, Runtime, ServiceSpec};
use crate::text::{Span, Spanned};
use crate::value::{Kind, Node};

/// The container network that every service joins unless it says otherwise.
pub const DEFAULT_NETWORK: &str = "default";

/// Services with the same have one component and the same settings, written at the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Likeness(usize);

impl Likeness {
    /// One that no service has yet.
    fn new(given: &mut usize) -> Self {
        *given += 1;
        Self(*given)
    }
}

/// A service before anything in it is resolved.
pub(super) struct Draft {
    /// Unique in the network.
    pub(super) name: String,
    /// The name in the stack, under `services:`, or among companions.
    pub(super) local: String,
    pub(super) host: HostId,
    pub(super) node: Option<NodeId>,
    /// The share of the targets that it scrapes.
    pub(super) shard: Option<String>,
    /// The unique name of the service that it accompanies.
    pub(super) owner: Option<String>,
    pub(super) entry: Arc<Entry>,
    pub(super) spec: Arc<ServiceSpec>,
    pub(super) likeness: Likeness,
    pub(super) origin: Span,
}

impl Draft {
    /// The values at a path (`settings`, a name, ...) of the service as written, readable or not: what the
    /// node says goes before what the stack says.
    fn written<'t>(&self, cx: &Context<'t>, tables: &Tables, path: &[&str]) -> Vec<&'t Node> {
        let local = self.local.as_str();
        let services: Vec<Option<&Node>> = match self.node.map(|node| &tables.nodes[node]) {
            Some(node) => vec![
                follow(cx.tree, &["nodes", &node.name, "services", local]),
                follow(cx.tree, &["stacks", &node.stack, local]),
            ],
            None => vec![follow(cx.tree, &["services", local])],
        };
        services.into_iter().flatten().filter_map(|service| follow(service, path)).collect()
    }

    /// Whether a key stands in a section of the service, even where it could not be read.
    pub(super) fn wrote(&self, cx: &Context<'_>, tables: &Tables, section: &str, key: &str) -> bool {
        let sections = self.written(cx, tables, &[section]);
        sections.iter().any(|section| section.as_map().is_none_or(|map| map.get(key).is_some()))
    }

    /// The place of a value below the service.
    pub(super) fn place(&self, cx: &Context<'_>, tables: &Tables, path: &[&str]) -> Option<Span> {
        self.written(cx, tables, path).first().map(|node| node.span)
    }
}

fn follow<'t>(tree: &'t Node, path: &[&str]) -> Option<&'t Node> {
    path.iter().try_fold(tree, |tree, key| match &tree.kind {
        Kind::Seq(items) => key.parse::<usize>().ok().and_then(|at| items.get(at)),
        _ => tree.get(key),
    })
}

/// How many entries a map of the file has; those that could not be read count.
fn entries(tree: &Node, path: &[&str]) -> usize {
    follow(tree, path).and_then(Node::as_map).map_or(0, |map| map.entries().len())
}

/// All services, sorted by their unique names.
pub(super) fn expand(cx: &mut Context<'_>, tables: &mut Tables) -> Vec<Draft> {
    let (mut drafts, mut given) = (Vec::new(), 0);
    of_nodes(cx, tables, &mut drafts, &mut given);
    of_network(cx, tables, &mut drafts, &mut given);
    of_monitoring(cx, tables, &mut drafts, &mut given);
    companions(cx, &mut drafts, &mut given);
    drafts.sort_by(|a, b| a.name.cmp(&b.name).then(a.origin.cmp(&b.origin)));
    well_named(cx, tables, drafts)
}

fn of_nodes(cx: &mut Context<'_>, tables: &mut Tables, drafts: &mut Vec<Draft>, given: &mut usize) {
    let manifest = cx.manifest;
    for stack in manifest.stacks.values() {
        for name in stack.keys() {
            check_name(cx, name);
        }
    }
    type Stacked<'m> = Vec<(&'m Spanned<String>, Arc<ServiceSpec>, Likeness)>;
    let mut stacks: BTreeMap<&str, Stacked<'_>> = BTreeMap::new();
    for (name, stack) in &manifest.stacks {
        let each = sorted(stack).into_iter();
        let each = each.map(|(local, spec)| (local, Arc::new(spec.clone()), Likeness::new(given)));
        stacks.insert(name.as_str(), each.collect());
    }
    for node in &tables.nodes {
        let (Some(stack), Some(written)) =
            (manifest.stacks.get(node.stack.as_str()), manifest.nodes.get(node.name.as_str()))
        else {
            continue;
        };
        for name in written.services.keys().filter(|name| !stack.contains_key(name.value.as_str())) {
            if follow(cx.tree, &["stacks", &node.stack, &name.value]).is_none() {
                cx.sink.push(
                    Diagnostic::new(
                        &codes::UNKNOWN_NAME,
                        name.span,
                        format!("there is no service `{name}` in stack `{}`", node.stack),
                    )
                    .here("no such service")
                    .label(written.stack.span, "this stack")
                    .suggest(name, stack.keys().map(|k| k.value.as_str())),
                );
            }
        }
        if entries(cx.tree, &["stacks", &node.stack]) > stack.len() {
            tables.gaps.insert(Some(node.id));
        }
        for (local, spec, likeness) in stacks.get(node.stack.as_str()).into_iter().flatten() {
            let (mut spec, mut likeness) = (spec.clone(), *likeness);
            if let Some(change) = written.services.get(local.value.as_str()) {
                overlay(Arc::make_mut(&mut spec), change);
                if !change.settings.is_empty() {
                    likeness = Likeness::new(given);
                }
            }
            let Some(entry) = entry(cx, &spec.component) else {
                tables.gaps.insert(Some(node.id));
                continue;
            };
            drafts.push(Draft {
                name: format!("{}-{local}", node.name),
                local: local.value.clone(),
                host: node.host,
                node: Some(node.id),
                shard: None,
                owner: None,
                entry,
                spec,
                likeness,
                origin: local.span,
            });
        }
    }
}

fn overlay(spec: &mut ServiceSpec, change: &NodeOverride) {
    fn replace<V: Clone>(into: &mut IndexMap<Spanned<String>, V>, from: &IndexMap<Spanned<String>, V>) {
        for (key, value) in from {
            into.shift_remove(key);
            into.insert(key.clone(), value.clone());
        }
    }
    if change.image.is_some() {
        spec.image.clone_from(&change.image);
    }
    replace(&mut spec.settings, &change.settings);
    replace(&mut spec.needs, &change.needs);
    if change.stop_timeout.is_some() {
        spec.stop_timeout.clone_from(&change.stop_timeout);
    }
    replace(&mut spec.disk, &change.disk);
    replace(&mut spec.ports, &change.ports);
    replace(&mut spec.expose, &change.expose);
    if let Some(resources) = &change.resources {
        let old = spec.resources.take().unwrap_or_default();
        spec.resources =
            Some(Resources { memory: resources.memory.or(old.memory), cpus: resources.cpus.or(old.cpus) });
    }
}

fn of_network(cx: &mut Context<'_>, tables: &mut Tables, drafts: &mut Vec<Draft>, given: &mut usize) {
    let manifest = cx.manifest;
    if entries(cx.tree, &["services"]) > manifest.services.len() {
        tables.gaps.insert(None);
    }
    for (name, placed) in sorted(&manifest.services) {
        let hosts: Vec<HostId> = match (&placed.host, &placed.hosts) {
            (Some(host), None) => host_id(cx, tables, host).into_iter().collect(),
            (None, Some(Spanned { value: Hosts::All, .. })) => tables.hosts.ids().collect(),
            (None, Some(Spanned { value: Hosts::Named(names), .. })) => {
                names.iter().filter_map(|host| host_id(cx, tables, host)).collect()
            }
            (Some(host), Some(hosts)) => {
                cx.sink.push(
                    Diagnostic::new(
                        &codes::INVALID_VALUE,
                        hosts.span,
                        format!("service `{name}` has both `host` and `hosts`"),
                    )
                    .here("a second place")
                    .label(host.span, "the first place")
                    .help("keep one of the two"),
                );
                continue;
            }
            (None, None) => {
                cx.sink.push(
                    Diagnostic::new(&codes::MISSING_KEY, name.span, format!("service `{name}` has no place"))
                        .here("on which host?")
                        .help("add `host: <name>`, `hosts: [<name>, ...]` or `hosts: all`"),
                );
                continue;
            }
        };
        let Some(entry) = entry(cx, &placed.component).filter(|_| !hosts.is_empty()) else {
            tables.gaps.insert(None);
            continue;
        };
        let several = placed.hosts.is_some();
        let (spec, likeness) = (Arc::new(placed.spec()), Likeness::new(given));
        for host in hosts {
            let unique =
                if several { format!("{name}-{}", tables.hosts[host].name) } else { name.value.clone() };
            drafts.push(Draft {
                name: unique,
                local: name.value.clone(),
                host,
                node: None,
                shard: None,
                owner: None,
                entry: entry.clone(),
                spec: spec.clone(),
                likeness,
                origin: name.span,
            });
        }
    }
}

fn of_monitoring(cx: &mut Context<'_>, tables: &Tables, drafts: &mut Vec<Draft>, given: &mut usize) {
    let manifest = cx.manifest;
    let Some(monitoring) = &manifest.monitoring else { return };
    let Some(home) = host_id(cx, tables, &monitoring.host) else { return };
    let logs_host = monitoring.logs.as_ref().and_then(|logs| logs.host.as_ref());
    let Some(logs_home) = logs_host.map_or(Some(home), |host| host_id(cx, tables, host)) else { return };
    let Some(profile) = cx.catalog.profile("monitoring", cx.sources, cx.sink) else { return };
    for (name, service) in profile.services {
        let asked = service.when.as_ref().map(|key| follow(cx.tree, &["monitoring", key]));
        if manifest.services.contains_key(name.as_str()) || asked.is_some_and(|section| section.is_none()) {
            continue;
        }
        let origin = asked.flatten().map_or(monitoring.host.span, |section| section.span);
        let component = Spanned::new(service.component, origin);
        let Some(entry) = entry(cx, &component) else { continue };
        let mut spec = spec_of(component);
        for (setting, path) in service.settings {
            let path: Vec<&str> = std::iter::once("monitoring").chain(path.split('.')).collect();
            if let Some(said) = follow(cx.tree, &path) {
                let value = Spanned::new(said.to_json(), said.span);
                spec.settings.insert(Spanned::new(setting, said.span), value);
            }
        }
        let named = |host: HostId| format!("{name}-{}", tables.hosts[host].name);
        let places: Vec<(HostId, String, Option<String>)> = match service.on {
            ProfilePlace::MonitoringHost => vec![(home, name.clone(), None)],
            ProfilePlace::LogsHost => vec![(logs_home, name.clone(), None)],
            ProfilePlace::EveryHost => {
                // What looks at the host itself is no work for a pod; the workers of a cluster are watched
                // by the cluster.
                let fits =
                    |host: &&Host| host.runtime != Runtime::Kubernetes || !entry.component.looks_at_host();
                tables.hosts.iter().filter(fits).map(|host| (host.id, named(host.id), None)).collect()
            }
            ProfilePlace::EveryShard => {
                let shards = tables.shards.iter();
                shards.map(|s| (s.host, format!("{name}-{}", s.name), Some(s.name.clone()))).collect()
            }
        };
        let (spec, likeness) = (Arc::new(spec), Likeness::new(given));
        for (host, unique, shard) in places {
            let (local, entry, spec) = (name.clone(), entry.clone(), spec.clone());
            drafts.push(Draft {
                name: unique,
                local,
                host,
                node: None,
                shard,
                owner: None,
                entry,
                spec,
                likeness,
                origin,
            });
        }
    }
}

fn spec_of(component: Spanned<String>) -> ServiceSpec {
    ServiceSpec {
        component,
        image: None,
        settings: IndexMap::default(),
        needs: IndexMap::default(),
        resources: None,
        stop_timeout: None,
        disk: IndexMap::default(),
        ports: IndexMap::default(),
        expose: IndexMap::default(),
        networks: None,
        environment: IndexMap::default(),
    }
}

/// Adds companions, and companions of companions; a component that accompanies itself is cut off.
fn companions(cx: &mut Context<'_>, drafts: &mut Vec<Draft>, given: &mut usize) {
    const DEEPEST: usize = 4;
    /// So many for each service, and some more: they multiply from one level to the next.
    const MOST_EACH: usize = 16;
    const MOST: usize = 10_000;
    let most = drafts.len().saturating_mul(MOST_EACH).saturating_add(MOST);
    let monitored = cx.manifest.monitoring.is_some();
    let mut from = 0;
    for _ in 0..DEEPEST {
        let until = drafts.len();
        let mut added = Vec::new();
        for owner in drafts.iter().skip(from) {
            for (name, companion) in &owner.entry.component.companions {
                if companion.monitoring && !monitored {
                    continue;
                }
                if from + added.len() >= most {
                    cx.sink.push(
                        Diagnostic::new(
                            &codes::TOO_LARGE,
                            owner.entry.component.component.span,
                            "the companions of companions are too many",
                        )
                        .here(format!("more than {most} in this network"))
                        .label(owner.origin, "of this service")
                        .help("let fewer components come with it"),
                    );
                    return;
                }
                let component = Spanned::new(companion.component.clone(), owner.origin);
                let Some(entry) = entry(cx, &component) else { continue };
                let mut spec = spec_of(component);
                spec.networks.clone_from(&owner.spec.networks);
                for (key, value) in &companion.settings {
                    spec.settings.insert(
                        Spanned::new(key.clone(), owner.origin),
                        Spanned::new(value.clone(), owner.origin),
                    );
                }
                added.push(Draft {
                    name: format!("{}-{name}", owner.name),
                    local: format!("{}-{name}", owner.local),
                    host: owner.host,
                    node: owner.node,
                    shard: None,
                    owner: Some(owner.name.clone()),
                    entry,
                    spec: Arc::new(spec),
                    likeness: Likeness::new(given),
                    origin: owner.origin,
                });
            }
        }
        if added.is_empty() {
            return;
        }
        drafts.append(&mut added);
        from = until;
    }
}

/// The catalog entry of a component; reported where there is none.
fn entry(cx: &mut Context<'_>, component: &Spanned<String>) -> Option<Arc<Entry>> {
    if !cx.catalog.has(component) {
        let known: Vec<String> = cx.catalog.ids().map(str::to_owned).collect();
        cx.sink.push(
            Diagnostic::new(&codes::UNKNOWN_COMPONENT, component.span, format!("there is no component `{component}`"))
                .here("not in the catalog")
                .suggest(component, known.iter().map(String::as_str))
                .help("`netgen components` lists them; a folder `components/<id>/` beside the manifest adds your own"),
        );
        return None;
    }
    cx.catalog.entry(component, cx.world, cx.sources, cx.sink)
}

/// The drafts of names that no other has. Every name is judged.
fn well_named(cx: &mut Context<'_>, tables: &Tables, drafts: Vec<Draft>) -> Vec<Draft> {
    let mut kept: Vec<Draft> = Vec::with_capacity(drafts.len());
    for draft in drafts {
        if let Some(first) = kept.last().filter(|last| last.name == draft.name) {
            cx.sink.push(
                Diagnostic::new(
                    &codes::DUPLICATE_NAME,
                    draft.origin,
                    format!("two services get the name `{}`", draft.name),
                )
                .here("named again here")
                .label(first.origin, "named first here")
                .help("rename one of them; services of a node are named `<node>-<service>`"),
            );
            continue;
        }
        judge_length(cx, tables, &draft);
        kept.push(draft);
    }
    kept
}

/// Refuses names that are too long for a host, or too short for Docker.
fn judge_length(cx: &mut Context<'_>, tables: &Tables, draft: &Draft) {
    let host = &tables.hosts[draft.host];
    let node = draft.node.map(|node| &tables.nodes[node]);
    let parts = [Some(&draft.local), node.map(|node| &node.name), Some(&host.name)];
    // A part that is no name by itself was reported.
    if draft.name.len() > NamePattern::MOST && parts.into_iter().flatten().all(|n| NamePattern::matches(n)) {
        let other = node.map_or(host.origin, |node| node.origin);
        cx.sink.push(
            Diagnostic::new(
                &codes::INVALID_VALUE,
                draft.origin,
                format!("the name `{}` is longer than {} letters", draft.name, NamePattern::MOST),
            )
            .here("a part of it")
            .label(other, "the other part")
            .help("shorten one of the two"),
        );
    }
    if draft.name.len() == 1 && host.runtime == Runtime::Compose {
        cx.sink.push(
            Diagnostic::new(
                &codes::INVALID_VALUE,
                draft.origin,
                format!("Docker makes no container with the name `{}`", draft.name),
            )
            .here("one letter")
            .help("give it a name of two letters or more"),
        );
    }
}

/// The service of a draft, without listeners, bindings and secrets.
pub(super) fn place(
    cx: &mut Context<'_>,
    tables: &Tables,
    draft: &Draft,
    id: ServiceId,
    resolved: Resolved,
) -> Service {
    let component = draft.entry.component.clone();
    let host = &tables.hosts[draft.host];
    let (image, image_origin) = image(cx, draft);
    let defaults = component.resources;
    let role = draft.node.map(|node| tables.nodes[node].role.as_str());
    let usual = component.stop.grace_of(role);
    let limits = draft.spec.resources.clone().unwrap_or_default();
    let networks = networks(cx, draft, host.runtime.is_container());
    let state = format!("{}/{}/{}", host.data_dir, cx.manifest.network.name, draft.name);
    let volumes = volumes::of(cx, draft, &state);
    Service {
        id,
        name: draft.name.clone(),
        local_name: draft.local.clone(),
        host: draft.host,
        node: draft.node,
        owner: None,
        shard: draft.shard.clone(),
        image,
        image_origin,
        settings: resolved.values,
        listeners: Vec::new(),
        volumes,
        secrets: Vec::new(),
        memory: limits.memory.map(|m| m.value).or(defaults.map(|d| d.memory)),
        cpus: limits.cpus.map(|c| c.value).or(defaults.and_then(|d| d.cpus)),
        stop_timeout: draft.spec.stop_timeout.as_ref().map_or(usual, |written| written.value),
        networks,
        environment: draft.spec.environment.iter().map(|(k, v)| (k.value.clone(), v.value.clone())).collect(),
        origin: draft.origin,
        component,
    }
}

/// The image: of the service, else of `images:`, else what the catalog was tested with.
fn image(cx: &mut Context<'_>, draft: &Draft) -> (ImageRef, Span) {
    let component = &draft.entry.component;
    let none = ImageRef { name: String::new(), tag: None, digest: None };
    let written =
        draft.spec.image.as_ref().or_else(|| cx.manifest.images.get(component.component.value.as_str()));
    if let Some(written) = written {
        return match ImageRef::parse(written) {
            Ok(image) => (image, written.span),
            Err(why) => {
                cx.sink.push(
                    Diagnostic::new(
                        &codes::BAD_IMAGE,
                        written.span,
                        format!("`{written}` is no image reference"),
                    )
                    .here(why)
                    .help(match ImageRef::nearest(written) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "write `registry/repository:tag`".to_owned(),
                    }),
                );
                (none, written.span)
            }
        };
    }
    let tag = component.tag.as_ref().unwrap_or(&component.version.tested);
    let image = component.image.as_ref().map_or(none, |name| ImageRef {
        name: name.clone(),
        tag: Some(tag.clone()),
        digest: None,
    });
    (image, Span::nowhere())
}

fn networks(cx: &mut Context<'_>, draft: &Draft, container: bool) -> Vec<String> {
    if !container || draft.entry.component.host_access.network {
        return Vec::new();
    }
    let Some(written) = &draft.spec.networks else { return vec![DEFAULT_NETWORK.to_owned()] };
    let mut names = Vec::new();
    for name in written {
        if name.value == DEFAULT_NETWORK || cx.manifest.networks.contains_key(name.value.as_str()) {
            names.push(name.value.clone());
        } else {
            cx.unknown("network", name, cx.manifest.networks.keys().map(|k| k.value.as_str()));
        }
    }
    names.sort();
    names.dedup();
    names
}
