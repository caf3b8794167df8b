//! The text of `network.json`, part by part: a large network never stands in memory as a document.
//!
//! Every key is in order: the order of keys in the manifest means nothing, and differs by its format.
//! [`Document`](super::Document) is what a reader of it sees.

use super::document::VERSION;
use super::facts;
use super::pretty::{Block, Piece, pretty};
use super::sorted::{List, Sorted};
use super::values::Values;
use crate::analyze::parts::Parts;
use crate::analyze::reachability::open_ports;
use crate::lock::Lock;
use crate::plan::Plan;
use crate::topology::{Host, Service};
use crate::value::Node as Tree;

/// How many steps an entry of the document stands in.
const DEPTH: usize = 1;

/// The network as the bundle has it in `network.json`. `tree` is its merged manifest.
pub fn text(plan: &Plan, tree: &Tree, lock: &Lock) -> String {
    let (mut values, facts) = rayon::join(|| Values::of(plan, tree), || Facts::of(plan, lock));
    // What grows as it is written is copied again and again.
    let mut text = Vec::with_capacity(values.size() + facts.size());
    let mut map = Block::map(&mut text, 0);
    let topology = &plan.topology;
    let Facts { alerts, alike, hosts, keys, needs, ports, services, survives } = facts;
    map.key("alerts").extend_from_slice(&alerts);
    map.key("alike").extend_from_slice(&alike);
    map.key("consensus").extend_from_slice(&pretty(DEPTH, &topology.chain.consensus));
    map.key("hosts").extend_from_slice(&hosts);
    map.key("keys").extend_from_slice(&keys);
    map.key("needs").extend_from_slice(&needs);
    values.add_origins(map.key("origins"));
    map.key("ports").extend_from_slice(&ports);
    map.key("services").extend_from_slice(&services);
    map.key("survives").extend_from_slice(&survives);
    values.add(map.key("values"));
    map.key("version").extend_from_slice(&pretty(DEPTH, &VERSION));
    if topology.rollout.canary.is_some() {
        map.key("watch").extend_from_slice(&pretty(DEPTH, &topology.rollout.wait.0));
    }
    map.end();
    text.push(b'\n');
    // All of it was written from text.
    String::from_utf8(text).unwrap_or_default()
}

/// What the values do not say, each entry of the document as its text.
struct Facts {
    alerts: Piece,
    alike: Piece,
    hosts: Piece,
    keys: Piece,
    needs: Piece,
    ports: Piece,
    services: Piece,
    survives: Piece,
}

impl Facts {
    fn of(plan: &Plan, lock: &Lock) -> Self {
        let topology = &plan.topology;
        let parts = Parts::of(topology);
        let host = |host: &Host| pretty(DEPTH + 1, &Sorted(&facts::host(plan, host)));
        let service = |service: &Service| pretty(DEPTH + 1, &Sorted(&facts::service(plan, service)));
        Self {
            alerts: pretty(DEPTH, &List(&facts::alerts(plan))),
            alike: pretty(DEPTH, &facts::alike(topology, &parts)),
            hosts: named(topology.hosts.iter().map(|h| (h.name.as_str(), h)), host),
            keys: pretty(DEPTH, &facts::keys(lock)),
            needs: pretty(DEPTH, &List(&facts::needs(topology, &parts))),
            ports: pretty(DEPTH, &List(&open_ports(topology))),
            services: named(topology.services.iter().map(|s| (s.name.as_str(), s)), service),
            survives: pretty(DEPTH, &List(&facts::survives(topology, &parts))),
        }
    }

    /// About how long they are.
    fn size(&self) -> usize {
        /// Keys, and what is said of the network as a whole.
        const AROUND: usize = 1024;
        let Self { alerts, alike, hosts, keys, needs, ports, services, survives } = self;
        let all = [alerts, alike, hosts, keys, needs, ports, services, survives];
        AROUND + all.into_iter().map(|piece| piece.len()).sum::<usize>()
    }
}

/// A map of parts by name.
fn named<'n, T: 'n>(parts: impl Iterator<Item = (&'n str, &'n T)>, text: impl Fn(&T) -> Piece) -> Piece {
    let mut parts: Vec<_> = parts.collect();
    parts.sort_by_key(|(name, _)| *name);
    let mut out = Vec::new();
    let mut map = Block::map(&mut out, DEPTH);
    parts.into_iter().for_each(|(name, part)| map.key(name).extend_from_slice(&text(part)));
    map.end();
    out.into()
}
