//! Binding needs to providers: the typed edges of the graph.
//!
//! The order of the search: what `needs:` names; the companions of the service; the same node; for
//! a companion, what its owner is bound to; the one service of the network that provides it. Of
//! several equal candidates none is picked: that is an error which lists them.

use std::collections::BTreeMap;

use super::graph::ServiceGraph;
use super::ir::{Binding, Choice, Service};
use super::resolve::{Context, Tables};
use super::services::Draft;
use super::{Id, ServiceId};
use crate::catalog::interface::Need;
use crate::diag::{Diagnostic, codes, list_names};
use crate::manifest::Names;
use crate::text::{Span, Spanned};

/// Who provides each interface, and who accompanies whom.
struct Index {
    providers: BTreeMap<String, Vec<ServiceId>>,
    companions: BTreeMap<ServiceId, Vec<ServiceId>>,
}

/// A provider, where it was decided, and how.
type Found = (ServiceId, Span, Choice);

/// Binds every need of every service.
pub(super) fn needs(cx: &mut Context<'_>, tables: &mut Tables, drafts: &[Draft], ids: &[ServiceId]) {
    let index = index(tables);
    let mut bindings = Vec::new();
    // Owners first: a companion may take over a binding of its owner.
    let (owned, free): (Vec<_>, Vec<_>) =
        drafts.iter().zip(ids).partition(|(draft, _)| draft.owner.is_some());
    for (draft, id) in free.into_iter().chain(owned) {
        unknown_needs(cx, draft);
        for (interface, need) in &draft.entry.component.needs {
            let found = one_need(cx, tables, &index, &bindings, draft, *id, interface, need);
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
    bindings.sort_by(|a, b| {
        (a.consumer, &a.interface, a.order, a.provider).cmp(&(b.consumer, &b.interface, b.order, b.provider))
    });
    tables.bindings = bindings;
}

fn index(tables: &Tables) -> Index {
    let mut providers: BTreeMap<String, Vec<ServiceId>> = BTreeMap::new();
    let mut companions: BTreeMap<ServiceId, Vec<ServiceId>> = BTreeMap::new();
    for service in &tables.services {
        for listener in &service.listeners {
            providers.entry(listener.interface.clone()).or_default().push(service.id);
        }
        if let Some(owner) = service.owner {
            companions.entry(owner).or_default().push(service.id);
        }
    }
    Index { providers, companions }
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

#[allow(clippy::too_many_arguments)]
fn one_need(
    cx: &mut Context<'_>,
    tables: &Tables,
    index: &Index,
    bound: &[Binding],
    draft: &Draft,
    id: ServiceId,
    interface: &str,
    need: &Need,
) -> Vec<Found> {
    let service = &tables.services[id];
    if let Some(names) = draft.spec.needs.get(interface) {
        return named(cx, tables, service, interface, need, names);
    }
    let all = index.providers.get(interface).map_or(&[][..], Vec::as_slice);
    if need.every {
        return all.iter().map(|provider| (*provider, draft.origin, Choice::Every)).collect();
    }
    let others = || all.iter().copied().filter(|provider| *provider != id);
    let is_companion_of = |owner: ServiceId, provider: ServiceId| {
        index.companions.get(&owner).is_some_and(|list| list.contains(&provider))
    };
    let mut circles: Vec<(Choice, Vec<ServiceId>)> =
        vec![(Choice::Companion, others().filter(|p| is_companion_of(id, *p)).collect())];
    if let Some(owner) = service.owner {
        let of_owner = others().filter(|p| *p == owner || is_companion_of(owner, *p));
        circles.push((Choice::Owner, of_owner.collect()));
        let like_owner =
            bound.iter().filter(|b| b.consumer == owner && b.interface == interface && b.order == 0);
        circles.push((Choice::LikeOwner, like_owner.map(|b| b.provider).collect()));
    }
    if let Some(node) = service.node {
        let of_node = others().filter(|p| tables.services[*p].node == Some(node));
        circles.push((Choice::SameNode, of_node.collect()));
    }
    let of_network: Vec<ServiceId> = others().filter(|p| tables.services[*p].node.is_none()).collect();
    let near = of_network.iter().copied().filter(|p| tables.services[*p].host == service.host);
    circles.push((Choice::SameHost, near.collect()));
    circles.push((Choice::Network, of_network));

    let Some((choice, circle)) = circles.into_iter().find(|(_, circle)| !circle.is_empty()) else {
        if !need.optional {
            unbound(cx, tables, draft, interface, need, all);
        }
        return Vec::new();
    };
    if circle.len() > 1 && !need.many {
        ambiguous(cx, tables, draft, interface, &circle);
        return Vec::new();
    }
    circle.into_iter().map(|provider| (provider, draft.origin, choice)).collect()
}

/// What `needs:` names, in its order.
fn named(
    cx: &mut Context<'_>,
    tables: &Tables,
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
            .help("name one service"),
        );
    }
    let mut found = Vec::new();
    for name in &names.0 {
        let Some(provider) = by_name(cx, tables, service, name) else { continue };
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
    from: &Service,
    name: &Spanned<String>,
) -> Option<ServiceId> {
    if let Some((node, local)) = name.value.split_once('/') {
        let Some(node) = tables.node(node) else {
            let node = Spanned::new(node.to_owned(), name.span);
            cx.unknown("node", &node, tables.nodes.iter().map(|n| n.name.as_str()));
            return None;
        };
        let found = node.services.iter().find(|id| tables.services[**id].local_name == local);
        if found.is_none() {
            let known: Vec<&str> =
                node.services.iter().map(|id| tables.services[*id].local_name.as_str()).collect();
            let local = Spanned::new(local.to_owned(), name.span);
            cx.unknown(&format!("service in node `{}`", node.name), &local, known);
        }
        return found.copied();
    }
    let in_node = from.node.and_then(|node| {
        tables.nodes[node].services.iter().find(|id| tables.services[**id].local_name == name.value)
    });
    if let Some(id) = in_node {
        return Some(*id);
    }
    let mut of_network = tables.services.iter().filter(|s| s.node.is_none() && s.local_name == name.value);
    let all: Vec<&Service> = of_network.by_ref().collect();
    if let [only] = all.as_slice() {
        return Some(only.id);
    }
    if let Some(near) = all.iter().find(|s| s.host == from.host) {
        return Some(near.id);
    }
    if let Some(exact) = tables.service(name) {
        return Some(exact.id);
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
                .help(format!("name one: {}", list_names(all.iter().map(|s| s.name.as_str()), 8))),
        );
    }
    None
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
    let candidates: Vec<String> = all.iter().map(|id| spoken_name(tables, *id)).collect();
    let components: Vec<String> = cx
        .catalog
        .ids()
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
        .filter(|id| {
            cx.catalog
                .entry(id, cx.world, cx.sources, cx.sink)
                .is_some_and(|entry| entry.component.provides.contains_key(interface))
        })
        .collect();
    cx.sink.push(if candidates.is_empty() {
        diagnostic.help(format!(
            "add a service that provides it; components that do: {}",
            list_names(components.iter().map(String::as_str), 12)
        ))
    } else {
        diagnostic.help(format!(
            "name a provider: `needs: {{ {interface}: <service> }}`; candidates: {}",
            list_names(candidates.iter().map(String::as_str), 8)
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
