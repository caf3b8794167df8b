//! Binding needs to providers: the typed edges of the graph.
//!
//! The order of the search: what `needs:` names; the companions of the service; the same node; for
//! a companion, what its owner is bound to; the one service of the network that provides it. Of
//! several equal candidates none is picked: that is an error which lists them.

use std::collections::BTreeMap;

use super::asked;
use super::graph::ServiceGraph;
use super::ir::{Binding, Choice, Service};
use super::resolve::{Context, Tables};
use super::services::Draft;
use super::shards::{METRICS, scrapes};
use super::{Id, NodeId, ServiceId};
use crate::catalog::interface::{Interface, Need};
use crate::diag::{Diagnostic, codes, did_you_mean, list_names};
use crate::hashed::IndexMap;
use crate::manifest::Names;
use crate::text::{Span, Spanned};

/// Who provides each interface, who accompanies whom, and who has which name.
struct Index {
    /// The services of the network by the name they have in the manifest: several on several hosts.
    named: BTreeMap<String, Vec<ServiceId>>,
    providers: BTreeMap<String, Vec<ServiceId>>,
    /// The same by the node they are in; `None` is the network itself.
    at: BTreeMap<String, BTreeMap<Option<NodeId>, Vec<ServiceId>>>,
    companions: BTreeMap<ServiceId, Vec<ServiceId>>,
}

impl Index {
    /// Everyone who provides an interface.
    fn all(&self, interface: &str) -> &[ServiceId] {
        self.providers.get(interface).map_or(&[], Vec::as_slice)
    }
}

/// The first provider of each need that is bound already, by consumer.
struct Bound<'d>(Vec<Vec<(&'d str, ServiceId)>>);

impl<'d> Bound<'d> {
    fn new(services: usize) -> Self {
        Self(vec![Vec::new(); services])
    }

    fn insert(&mut self, consumer: ServiceId, interface: &'d str, provider: ServiceId) {
        if let Some(own) = self.0.get_mut(consumer.index()) {
            own.push((interface, provider));
        }
    }

    fn get(&self, consumer: ServiceId, interface: &str) -> Option<ServiceId> {
        let own = self.0.get(consumer.index())?;
        own.iter().find(|(known, _)| *known == interface).map(|(_, provider)| *provider)
    }
}

/// A provider, where it was decided, and how.
type Found = (ServiceId, Span, Choice);

/// Binds every need of every service.
pub(super) fn needs(cx: &mut Context<'_>, tables: &mut Tables, drafts: &[Draft], ids: &[ServiceId]) {
    let index = index(tables);
    let mut bindings = Vec::new();
    let mut bound = Bound::new(drafts.len());
    // Owners first: a companion may take over a binding of its owner.
    let (owned, free): (Vec<_>, Vec<_>) =
        drafts.iter().zip(ids).partition(|(draft, _)| draft.owner.is_some());
    for (draft, id) in free.into_iter().chain(owned) {
        unknown_needs(cx, draft);
        for (interface, need) in &draft.entry.component.needs {
            let found = one_need(cx, tables, &index, &bound, draft, *id, interface, need);
            if let Some((first, ..)) = found.first() {
                bound.insert(*id, interface, *first);
            }
            for (order, (provider, origin, choice)) in found.into_iter().enumerate() {
                bindings.push(Binding {
                    consumer: *id,
                    interface: interface.clone(),
                    provider,
                    order: u32::try_from(order).unwrap_or(u32::MAX),
                    wait: need.wait,
                    origin,
                    choice,
                });
            }
        }
    }
    bindings.extend(asked::bindings(tables, &bindings));
    bindings.sort_by(|a, b| {
        (a.consumer, &a.interface, a.order, a.provider).cmp(&(b.consumer, &b.interface, b.order, b.provider))
    });
    tables.bindings = bindings;
}

fn index(tables: &Tables) -> Index {
    let mut providers: BTreeMap<String, Vec<ServiceId>> = BTreeMap::new();
    let mut companions: BTreeMap<ServiceId, Vec<ServiceId>> = BTreeMap::new();
    let mut named: BTreeMap<String, Vec<ServiceId>> = BTreeMap::new();
    let mut at: BTreeMap<String, BTreeMap<Option<NodeId>, Vec<ServiceId>>> = BTreeMap::new();
    for service in &tables.services {
        if service.node.is_none() {
            named.entry(service.local_name.clone()).or_default().push(service.id);
        }
        for listener in &service.listeners {
            providers.entry(listener.interface.clone()).or_default().push(service.id);
            // A shard has a part only: who wants one must name it.
            if service.shard.is_none() {
                let by_node = at.entry(listener.interface.clone()).or_default();
                by_node.entry(service.node).or_default().push(service.id);
            }
        }
        if let Some(owner) = service.owner {
            companions.entry(owner).or_default().push(service.id);
        }
    }
    Index { named, providers, at, companions }
}

fn unknown_needs(cx: &mut Context<'_>, draft: &Draft) {
    let component = &draft.entry.component;
    for key in draft.spec.needs.keys().filter(|key| !component.needs.contains_key(key.value.as_str())) {
        cx.sink.push(
            Diagnostic::new(
                &codes::UNKNOWN_KEY,
                key.span,
                format!("component `{}` needs no interface `{key}`", component.component),
            )
            .here("no such need")
            .suggest(key, component.needs.keys().map(String::as_str)),
        );
    }
}

#[expect(clippy::too_many_arguments, reason = "what a need is, and where what it binds goes")]
fn one_need(
    cx: &mut Context<'_>,
    tables: &Tables,
    index: &Index,
    bound: &Bound<'_>,
    draft: &Draft,
    id: ServiceId,
    interface: &str,
    need: &Need,
) -> Vec<Found> {
    let service = &tables.services[id];
    if let Some(names) = draft.spec.needs.get(interface) {
        return named(cx, tables, index, service, interface, need, names);
    }
    if need.every {
        return index
            .all(interface)
            .iter()
            .filter(|provider| interface != METRICS || scrapes(tables, service, &tables.services[**provider]))
            .map(|provider| (*provider, draft.origin, Choice::Every))
            .collect();
    }
    let (choice, circle) = circle(tables, index, bound, service, interface, need);
    if circle.is_empty() {
        let gap = tables.gaps.contains(&draft.node) || tables.gaps.contains(&None);
        let owner_lacks_it = service.owner.is_some_and(|owner| lacks(tables, bound, owner, interface));
        let unknown = draft
            .spec
            .needs
            .keys()
            .filter(|key| !draft.entry.component.needs.contains_key(key.value.as_str()));
        let misspelt = unknown.into_iter().any(|key| did_you_mean(key, [interface]).is_some());
        let instead = need.unless.as_ref().is_some_and(|other| {
            bound.get(id, other).is_some() || draft.spec.needs.contains_key(other.as_str())
        });
        if !need.optional
            && !instead
            && !gap
            && !owner_lacks_it
            && !misspelt
            && !draft.wrote(cx, tables, "needs", interface)
        {
            unbound(cx, tables, draft, interface, need, index.all(interface));
        }
        return Vec::new();
    }
    if circle.len() > 1 && !need.many {
        // Of a companion it was said for its owner.
        if service.owner.is_some_and(|owner| lacks(tables, bound, owner, interface)) {
            return Vec::new();
        }
        ambiguous(cx, tables, draft, interface, &circle);
        return Vec::new();
    }
    circle.into_iter().map(|provider| (provider, draft.origin, choice)).collect()
}

/// Whether a service needs an interface and has it from nobody. That was reported for it.
fn lacks(tables: &Tables, bound: &Bound<'_>, service: ServiceId, interface: &str) -> bool {
    tables.services[service].component.needs.contains_key(interface)
        && bound.get(service, interface).is_none()
}

/// Whether an interface does for a need: a copy that is only read does not for one that writes.
fn serves(provides: &IndexMap<String, Interface>, interface: &str, need: &Need) -> bool {
    provides.get(interface).is_none_or(|offered| !(need.changes() && offered.read_only))
}

/// The nearest services that provide an interface to one that names none: all of the first circle in
/// which there are any.
fn circle(
    tables: &Tables,
    index: &Index,
    bound: &Bound<'_>,
    service: &Service,
    interface: &str,
    need: &Need,
) -> (Choice, Vec<ServiceId>) {
    let serves = |id: &ServiceId| {
        *id != service.id && serves(&tables.services[*id].component.provides, interface, need)
    };
    let provides = |id: &ServiceId| serves(id) && tables.services[*id].listener(interface).is_some();
    let companions = |owner: ServiceId| index.companions.get(&owner).into_iter().flatten().copied();
    let own: Vec<ServiceId> = companions(service.id).filter(provides).collect();
    if !own.is_empty() {
        return (Choice::Companion, own);
    }
    if let Some(owner) = service.owner {
        let mut near: Vec<ServiceId> = companions(owner).chain([owner]).filter(provides).collect();
        near.sort_unstable();
        if !near.is_empty() {
            return (Choice::Owner, near);
        }
        if let Some(provider) = bound.get(owner, interface) {
            return (Choice::LikeOwner, vec![provider]);
        }
    }
    let at = |node: Option<NodeId>| {
        let of_node = index.at.get(interface).and_then(|by_node| by_node.get(&node));
        let all = of_node.into_iter().flatten().copied();
        all.filter(serves).collect::<Vec<ServiceId>>()
    };
    if service.node.is_some() {
        let near = at(service.node);
        if !near.is_empty() {
            return (Choice::SameNode, near);
        }
    }
    let of_network = at(None);
    let here: Vec<ServiceId> =
        of_network.iter().copied().filter(|id| tables.services[*id].host == service.host).collect();
    if here.is_empty() { (Choice::Network, of_network) } else { (Choice::SameHost, here) }
}

/// What `needs:` names, in its order.
fn named(
    cx: &mut Context<'_>,
    tables: &Tables,
    index: &Index,
    service: &Service,
    interface: &str,
    need: &Need,
    names: &Names,
) -> Vec<Found> {
    if let (false, Some(second)) = (need.many, names.0.get(1)) {
        cx.sink.push(
            Diagnostic::new(
                &codes::INVALID_VALUE,
                second.span,
                format!("`{}` takes one provider of `{interface}`", service.component.component),
            )
            .here("one too many")
            .label(names.0.first().map_or(Span::nowhere(), |first| first.span), "the first counts")
            .help("name one service"),
        );
    }
    let mut found = Vec::new();
    for name in names.0.iter().take(if need.many { usize::MAX } else { 1 }) {
        let Some(provider) = by_name(cx, tables, index, service, name) else { continue };
        if tables.services[provider].listener(interface).is_none() {
            let provider = &tables.services[provider];
            let offered = provider.listeners.iter().map(|l| l.interface.as_str());
            cx.sink.push(
                Diagnostic::new(
                    &codes::UNBOUND_NEED,
                    name.span,
                    format!("service `{}` does not provide `{interface}`", provider.name),
                )
                .here(format!("a `{}`", provider.component.component))
                .label(provider.origin, "defined here")
                .help(format!("it provides {}", list_names(offered, 12))),
            );
            continue;
        }
        found.push((provider, name.span, Choice::Named));
    }
    found
}

/// A service by the name that another one uses for it.
fn by_name(
    cx: &mut Context<'_>,
    tables: &Tables,
    index: &Index,
    from: &Service,
    name: &Spanned<String>,
) -> Option<ServiceId> {
    if let Some((node, local)) = name.value.split_once('/') {
        let Some(node) = tables.node(node) else {
            // The whole name is underlined, so the whole name is suggested.
            let known = tables.nodes.iter().map(|n| n.name.as_str());
            match did_you_mean(node, known.clone()) {
                Some(near) if !cx.is_written("node", node) => cx.sink.push(
                    Diagnostic::new(&codes::UNKNOWN_NAME, name.span, format!("there is no node `{node}`"))
                        .here("no such node")
                        .help(format!("did you mean `{near}/{local}`?")),
                ),
                _ => cx.unknown("node", &Spanned::new(node.to_owned(), name.span), known),
            }
            return None;
        };
        let found = node.services.iter().find(|id| tables.services[**id].local_name == local);
        if found.is_none() && !tables.gaps.contains(&Some(node.id)) {
            let services = node.services.iter().map(|id| tables.services[*id].local_name.as_str());
            let known: Vec<String> = services.map(|local| format!("{}/{local}", node.name)).collect();
            cx.sink.push(
                Diagnostic::new(
                    &codes::UNKNOWN_NAME,
                    name.span,
                    format!("there is no service `{local}` in node `{}`", node.name),
                )
                .here("no such service")
                .label(node.origin, format!("runs the stack `{}`", node.stack))
                .suggest(name, known.iter().map(String::as_str)),
            );
        }
        return found.copied();
    }
    let in_node = from.node.and_then(|node| {
        tables.nodes[node].services.iter().find(|id| tables.services[**id].local_name == name.value)
    });
    if let Some(id) = in_node {
        return Some(*id);
    }
    let all: Vec<&Service> =
        index.named.get(&name.value).into_iter().flatten().map(|id| &tables.services[*id]).collect();
    if let [only] = all.as_slice() {
        return Some(only.id);
    }
    if let Some(near) = all.iter().find(|s| s.host == from.host) {
        return Some(near.id);
    }
    if let Some(exact) = tables.service(name) {
        return Some(exact.id);
    }
    let gap = tables.gaps.contains(&from.node) || tables.gaps.contains(&None);
    if gap && is_defined(cx, tables, from, name) {
        return None;
    }
    if all.is_empty() {
        let known: Vec<&str> = tables
            .services
            .iter()
            .filter(|s| s.node.is_none() || s.node == from.node)
            .map(|s| s.local_name.as_str())
            .collect();
        let mut diagnostic =
            Diagnostic::new(&codes::UNKNOWN_NAME, name.span, format!("there is no service `{name}`"))
                .here("no such service here")
                .suggest(name, known);
        let elsewhere: Vec<String> = tables
            .services
            .iter()
            .filter(|s| s.local_name == name.value)
            .filter_map(|s| s.node.map(|node| format!("{}/{}", tables.nodes[node].name, s.local_name)))
            .take(4)
            .collect();
        if !elsewhere.is_empty() {
            diagnostic = diagnostic.help(format!(
                "in another node? write {}",
                list_names(elsewhere.iter().map(String::as_str), 4)
            ));
        }
        cx.sink.push(diagnostic);
    } else {
        cx.sink.push(
            Diagnostic::new(&codes::UNBOUND_NEED, name.span, format!("`{name}` runs on several hosts"))
                .here("which of them?")
                .label(all.first().map_or(Span::nowhere(), |service| service.origin), "defined here")
                .help(format!("name one: {}", list_names(all.iter().map(|s| s.name.as_str()), 8))),
        );
    }
    None
}

/// Whether a service of this name stands in the file near the one that names it, placed or not.
fn is_defined(cx: &Context<'_>, tables: &Tables, from: &Service, name: &str) -> bool {
    let stack = from.node.and_then(|node| cx.tree.get("stacks")?.get(&tables.nodes[node].stack));
    [stack, cx.tree.get("services")].into_iter().flatten().any(|map| map.get(name).is_some())
}

fn unbound(
    cx: &mut Context<'_>,
    tables: &Tables,
    draft: &Draft,
    interface: &str,
    need: &Need,
    all: &[ServiceId],
) {
    let what = need.doc.as_deref().map(|doc| format!(": {doc}")).unwrap_or_default();
    let diagnostic = Diagnostic::new(
        &codes::UNBOUND_NEED,
        draft.origin,
        format!("nothing provides `{interface}` to `{}`", draft.name),
    )
    .here(format!("needs `{interface}`{what}"))
    .label(draft.spec.component.span, format!("because it is a `{}`", draft.entry.component.component));
    const SHOWN: usize = 8;
    let candidates: Vec<String> = all.iter().take(SHOWN).map(|id| spoken_name(tables, *id)).collect();
    let more = match all.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let components: Vec<String> = cx
        .catalog
        .ids()
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
        .filter(|id| {
            cx.catalog.entry(id, cx.world, cx.sources, cx.sink).is_some_and(|entry| {
                let provides = &entry.component.provides;
                provides.contains_key(interface) && serves(provides, interface, need)
            })
        })
        .collect();
    cx.sink.push(if candidates.is_empty() {
        diagnostic.help(format!(
            "add a service that provides it; components that do: {}",
            list_names(components.iter().map(String::as_str), 12)
        ))
    } else {
        diagnostic.help(format!(
            "name a provider: `needs: {{ {interface}: <service> }}`; candidates: {}{more}",
            list_names(candidates.iter().map(String::as_str), SHOWN)
        ))
    });
}

fn ambiguous(cx: &mut Context<'_>, tables: &Tables, draft: &Draft, interface: &str, circle: &[ServiceId]) {
    let names: Vec<String> = circle.iter().map(|id| spoken_name(tables, *id)).collect();
    let mut diagnostic = Diagnostic::new(
        &codes::UNBOUND_NEED,
        draft.origin,
        format!("several services provide `{interface}` to `{}`", draft.name),
    )
    .here(format!("needs one `{interface}`"));
    for id in circle.iter().take(3) {
        diagnostic = diagnostic.label(tables.services[*id].origin, "provides it");
    }
    let listed = list_names(names.iter().map(String::as_str), 8);
    cx.sink.push(diagnostic.help(format!("name one: `needs: {{ {interface}: <service> }}` with {listed}")));
}

/// The name by which another service would name this one.
fn spoken_name(tables: &Tables, id: ServiceId) -> String {
    let service = &tables.services[id];
    match service.node {
        Some(node) => format!("{}/{}", tables.nodes[node].name, service.local_name),
        None => service.name.clone(),
    }
}

/// Reports services that wait for each other.
pub(super) fn cycles(cx: &mut Context<'_>, tables: &Tables, graph: &ServiceGraph) {
    let waits = |index: usize| {
        tables.bindings.get(index).is_some_and(|b| b.wait && b.order == 0 && b.consumer != b.provider)
    };
    for cycle in graph.cycles(waits) {
        let names: Vec<&str> = cycle.iter().map(|id| tables.services[*id].name.as_str()).collect();
        let Some(first) = cycle.first() else { continue };
        let mut diagnostic = Diagnostic::new(
            &codes::DEPENDENCY_CYCLE,
            tables.services[*first].origin,
            format!("{} wait for each other", list_names(names, 8)),
        )
        .here("cannot start first");
        for id in cycle.iter().skip(1).take(4) {
            diagnostic = diagnostic.label(tables.services[*id].origin, "nor can this");
        }
        cx.sink.push(diagnostic.help("remove one of the needs, or bind it to a service outside the circle"));
    }
}

/// The draft of a service; drafts and services have the same order.
pub(super) fn draft_of(drafts: &[Draft], id: ServiceId) -> Option<&Draft> {
    drafts.get(id.index())
}
