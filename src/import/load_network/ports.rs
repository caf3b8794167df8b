//! The port numbers that the other generator gives.

use std::collections::BTreeMap;

use serde::Serialize;

use super::format::{Manifest, Node};
use crate::diag::{Diagnostic, Sink, codes};
use crate::text::Spanned;

/// How far blocks are apart where nothing is said.
pub(super) const STRIDE: u16 = 1000;
/// The base of the Engine API over HTTP where nothing is said.
const AUTHRPC: u16 = 8551;

/// The numbers of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NodePorts {
    /// JSON-RPC.
    pub el_http: u16,
    /// The Engine API over HTTP.
    pub el_authrpc: u16,
    /// devp2p.
    pub el_p2p: u16,
    /// Metrics of the execution client.
    pub el_metrics: u16,
    /// Consensus.
    pub cl_p2p: u16,
    /// Mempool.
    pub cl_mempool: u16,
    /// Metrics of the consensus client.
    pub cl_metrics: u16,
}

/// The numbers of all nodes, in their order. Reports those beyond 65535.
pub(super) fn of_all(manifest: &Manifest, sink: &mut Sink) -> Vec<Option<NodePorts>> {
    let offsets = offsets(manifest);
    manifest.nodes.value.iter().map(|node| of_node(manifest, node, &offsets, sink)).collect()
}

/// The numbers of a node by its name, without findings.
pub fn ports_of(manifest: &Manifest, node: &str) -> Option<NodePorts> {
    let at = manifest.nodes.value.iter().position(|known| known.id.value == node)?;
    of_all(manifest, &mut Sink::new()).get(at).copied().flatten()
}

/// How far each node is from the base: by its place among all nodes by name, or by the place of its host
/// and its own among those of its host, by name.
fn offsets(manifest: &Manifest) -> BTreeMap<&str, u64> {
    let nodes = &manifest.nodes.value;
    let mut names: Vec<(&str, &str)> =
        nodes.iter().map(|node| (node.id.value.as_str(), node.host.value.as_str())).collect();
    names.sort_unstable();
    if manifest.ports.allocation.value == "by-index" {
        return names.iter().zip(0..).map(|((name, _), at)| (*name, at)).collect();
    }
    let stride = u64::from(manifest.ports.host_block_stride.as_ref().map_or(STRIDE, |stride| stride.value));
    let hosts: BTreeMap<&str, u64> =
        manifest.hosts.value.iter().zip(0..).map(|(host, at)| (host.id.value.as_str(), at)).collect();
    let mut taken: BTreeMap<&str, u64> = BTreeMap::new();
    let mut offsets = BTreeMap::new();
    for (name, host) in names {
        let place = taken.entry(host).or_default();
        offsets.insert(name, hosts.get(host).copied().unwrap_or_default() * stride + *place);
        *place += 1;
    }
    offsets
}

fn of_node(
    manifest: &Manifest,
    node: &Node,
    offsets: &BTreeMap<&str, u64>,
    sink: &mut Sink,
) -> Option<NodePorts> {
    let (el, cl) = (&manifest.ports.el, &manifest.ports.cl);
    let offset = offsets.get(node.id.value.as_str()).copied()?;
    let authrpc = el.authrpc.unwrap_or_else(|| Spanned::nowhere(AUTHRPC));
    let mut port = |base: &Spanned<u16>, what: &str| {
        let number = u64::from(base.value) + offset;
        let fits = u16::try_from(number).ok().filter(|number| *number > 0);
        if fits.is_none() {
            sink.push(
                Diagnostic::new(
                    &codes::PORT_RANGE,
                    node.id.span,
                    format!("`{what}` of `{}` would be port {number}", node.id),
                )
                .here(format!("{offset} beyond the base"))
                .label(base.span, "the base")
                .help("lower the base or `host_block_stride`"),
            );
        }
        fits
    };
    let ports = (
        port(&el.http, "el.http"),
        port(&authrpc, "el.authrpc"),
        port(&el.p2p, "el.p2p"),
        port(&el.metrics, "el.metrics"),
        port(&cl.p2p, "cl.p2p"),
        port(&cl.mempool, "cl.mempool"),
        port(&cl.metrics, "cl.metrics"),
    );
    Some(NodePorts {
        el_http: ports.0?,
        el_authrpc: ports.1?,
        el_p2p: ports.2?,
        el_metrics: ports.3?,
        cl_p2p: ports.4?,
        cl_mempool: ports.5?,
        cl_metrics: ports.6?,
    })
}
