//! Who peers with whom: from the form in the manifest to lists of peers, service by service.

use std::collections::{BTreeMap, BTreeSet};

use super::ir::Service;
use super::places::sorted;
use super::resolve::{Context, Tables};
use super::{NodeId, ServiceId};
use crate::catalog::identity::PeerLink;
use crate::diag::{Diagnostic, codes};
use crate::manifest::{self, Exposure, Named, Names};
use crate::text::{Span, Spanned};

/// The role of nodes that only their sentries may reach.
pub const VALIDATOR: &str = "validator";
/// The role of nodes that stand between validators and the world.
pub const SENTRY: &str = "sentry";

/// The most nodes of a mesh. Each holds a list of all others, and clients keep fewer connections.
const LARGEST_MESH: usize = 256;

/// Who peers with whom.
#[derive(Clone, Debug)]
pub struct Peering {
    /// Where the manifest says so.
    pub origin: Span,
    /// The nodes that take part.
    pub members: BTreeSet<NodeId>,
    /// Pairs of nodes, the lower id first.
    pub links: BTreeSet<(NodeId, NodeId)>,
    /// Nodes that speak to their peers and to nobody else, each with the place that says so.
    pub closed: BTreeMap<NodeId, Span>,
    /// The peers of each service, by service.
    pub peers: BTreeMap<ServiceId, Vec<Peer>>,
}

/// A peer of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Peer {
    /// The service.
    pub service: ServiceId,
    /// Its node is closed: whoever knows it keeps it to itself.
    pub hidden: bool,
}

impl Peering {
    /// The peers of a service, by name.
    pub fn peers_of(&self, service: ServiceId) -> &[Peer] {
        self.peers.get(&service).map_or(&[], Vec::as_slice)
    }

    /// Whether a service speaks to its peers and to nobody else.
    pub fn is_closed(&self, service: &Service) -> bool {
        service.node.is_some_and(|node| self.closed.contains_key(&node))
    }
}

/// How a service peers, if it does.
pub(super) fn link_of(service: &Service) -> Option<&PeerLink> {
    service.component.peering.as_ref()
}

/// Resolves `peering:`; `None` where the manifest has none.
pub(super) fn resolve(cx: &mut Context<'_>, tables: &mut Tables) -> Option<Peering> {
    let manifest = cx.manifest;
    let written = manifest.peering.as_ref()?;
    let members = tables
        .nodes
        .iter()
        .filter(|node| node.services.iter().any(|id| link_of(&tables.services[*id]).is_some()))
        .map(|node| node.id)
        .collect();
    let peering = Peering {
        origin: written.span,
        members,
        links: BTreeSet::new(),
        closed: BTreeMap::new(),
        peers: BTreeMap::new(),
    };
    let mut draft = Draft { cx, tables, peering };
    draft.read(&written.value);
    let mut peering = draft.peering;
    peering.peers = peers(tables, &peering);
    close(tables, &peering);
    Some(peering)
}

struct Draft<'a, 'c> {
    cx: &'a mut Context<'c>,
    tables: &'a Tables,
    peering: Peering,
}

impl Draft<'_, '_> {
    fn read(&mut self, written: &manifest::Peering) {
        let all: Vec<NodeId> = self.peering.members.iter().copied().collect();
        match written {
            manifest::Peering::FullMesh => self.mesh(&all, self.peering.origin),
            manifest::Peering::Ring => {
                for (at, node) in all.iter().enumerate() {
                    if let Some(next) = all.get((at + 1) % all.len()) {
                        self.link(*node, *next);
                    }
                }
            }
            manifest::Peering::Star(names) => {
                let hubs = self.nodes(names);
                self.mesh(&hubs, self.peering.origin);
                self.between(&all, &hubs);
            }
            manifest::Peering::Groups(groups) => {
                for (name, names) in sorted(groups) {
                    let nodes = self.nodes(names);
                    self.mesh(&nodes, name.span);
                }
            }
            manifest::Peering::Links(links) => {
                for (name, names) in sorted(links) {
                    let Some(node) = self.node(name) else { continue };
                    let others = self.nodes(names);
                    self.between(&[node], &others);
                }
            }
            manifest::Peering::Sentry => self.sentry(None),
            manifest::Peering::Sentries(of) => self.sentry(Some(of)),
        }
    }

    /// Validators behind sentries; every other node on the open side.
    fn sentry(&mut self, of: Option<&Named<Names>>) {
        let mut own: BTreeMap<NodeId, (Vec<NodeId>, Span)> = BTreeMap::new();
        for (name, names) in of.into_iter().flat_map(sorted) {
            if let Some(node) = self.node(name) {
                let sentries = self.nodes(names);
                own.insert(node, (sentries, name.span));
            }
        }
        let role = |node: &NodeId| self.tables.nodes[*node].role.as_str();
        let members = self.peering.members.clone();
        let closed: BTreeSet<NodeId> =
            members.iter().copied().filter(|n| role(n) == VALIDATOR || own.contains_key(n)).collect();
        let open: Vec<NodeId> = members.iter().copied().filter(|n| !closed.contains(n)).collect();
        let sentries: Vec<NodeId> = open.iter().copied().filter(|n| role(n) == SENTRY).collect();
        self.mesh(&open, self.peering.origin);
        for node in closed {
            let (reached, span) = match own.get(&node) {
                Some((reached, span)) => (reached.clone(), *span),
                // With lists of their own, a validator that is left out has none.
                None if of.is_some() => (Vec::new(), self.peering.origin),
                None => (sentries.clone(), self.peering.origin),
            };
            self.peering.closed.insert(node, span);
            self.between(&[node], &reached);
        }
    }

    fn mesh(&mut self, nodes: &[NodeId], span: Span) {
        if nodes.len() > LARGEST_MESH {
            self.cx.sink.push(
                Diagnostic::new(
                    &codes::TOO_LARGE,
                    span,
                    format!("a mesh of {} nodes: each would hold {} peers", nodes.len(), nodes.len() - 1),
                )
                .here(format!("at most {LARGEST_MESH}"))
                .help("use `star`, or `groups` that share some nodes"),
            );
            return;
        }
        self.between(nodes, nodes);
    }

    fn between(&mut self, some: &[NodeId], others: &[NodeId]) {
        for a in some {
            for b in others {
                self.link(*a, *b);
            }
        }
    }

    fn link(&mut self, a: NodeId, b: NodeId) {
        if a != b {
            self.peering.links.insert((a.min(b), a.max(b)));
        }
    }

    fn nodes(&mut self, names: &Names) -> Vec<NodeId> {
        names.0.iter().filter_map(|name| self.node(name)).collect()
    }

    /// A node that takes part; reported where there is none.
    fn node(&mut self, name: &Spanned<String>) -> Option<NodeId> {
        let Some(node) = self.tables.node(name) else {
            self.cx.unknown("node", name, self.cx.manifest.nodes.keys().map(|k| k.value.as_str()));
            return None;
        };
        if self.peering.members.contains(&node.id) {
            return Some(node.id);
        }
        self.cx.sink.push(
            Diagnostic::new(
                &codes::PEERS_WITH_NOBODY,
                name.span,
                format!("no service of node `{name}` peers with anything"),
            )
            .here("named as a peer")
            .label(node.origin, format!("its stack is `{}`", node.stack))
            .help("take it out, or add `peering:` to a component of its stack"),
        );
        None
    }
}

/// The peers of each service: the services of linked nodes that speak the same protocol.
fn peers(tables: &Tables, peering: &Peering) -> BTreeMap<ServiceId, Vec<Peer>> {
    let speakers = |node: NodeId| {
        tables.nodes[node].services.iter().filter_map(|id| {
            let service = &tables.services[*id];
            link_of(service).map(|link| (service.id, link.protocol.as_str()))
        })
    };
    let mut peers: BTreeMap<ServiceId, Vec<Peer>> = BTreeMap::new();
    for (a, b) in &peering.links {
        for (one, protocol) in speakers(*a) {
            for (other, _) in speakers(*b).filter(|(_, spoken)| *spoken == protocol) {
                let hidden = |node: &NodeId| peering.closed.contains_key(node);
                peers.entry(one).or_default().push(Peer { service: other, hidden: hidden(b) });
                peers.entry(other).or_default().push(Peer { service: one, hidden: hidden(a) });
            }
        }
    }
    for list in peers.values_mut() {
        list.sort_unstable();
    }
    peers
}

/// Shuts the doors of closed nodes, unless the manifest opens them: what only peers use is for peers.
fn close(tables: &mut Tables, peering: &Peering) {
    for node in peering.closed.keys() {
        for id in tables.nodes[*node].services.clone() {
            let Some(service) = tables.services.get_mut(id) else { continue };
            let Some(link) = service.component.peering.clone() else { continue };
            for listener in &mut service.listeners {
                let of_peers =
                    listener.interface == link.interface || link.also.contains(&listener.interface);
                let by_default = !listener.exposure_origin.is_somewhere();
                if of_peers && by_default && listener.exposure == Exposure::Public {
                    listener.exposure = Exposure::Peers;
                }
            }
        }
    }
}
