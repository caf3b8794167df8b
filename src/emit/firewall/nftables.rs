//! nftables rulesets.
//!
//! Ports that Docker publishes never pass the `input` hook: they are translated before routing and
//! forwarded. So the same openings stand in two chains, and the forward chain looks at the port
//! that the packet came for (`ct original proto-dst`) before the translation.

use serde_json::{Value, json};

use super::{From, mesh_sources, sources};
use crate::emit::{Artifacts, EmitError, header};
use crate::manifest::Firewall;
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::{Host, Opening, Topology};

pub(super) fn emit(
    plan: &Plan,
    host: &Host,
    templates: &Templates,
    out: &mut Artifacts,
) -> Result<(), EmitError> {
    let topology = &plan.topology;
    let mut openings: Vec<Value> = topology
        .openings(host.id)
        .iter()
        .map(|opening| rule(topology, host, opening))
        .collect::<Result<_, _>>()?;
    let mesh = topology.mesh.as_ref();
    if let Some(mesh) = mesh
        && let From::Addresses { v4, v6 } = mesh_sources(topology, host, mesh)?
    {
        openings.push(json!({
            "port": mesh.port, "transport": "udp", "anyone": false, "v4": v4, "v6": v6,
            "comment": "mesh wireguard", "forwarded": false,
        }));
    }
    let admin = topology.admin_networks.iter();
    let (v4, v6): (Vec<_>, Vec<_>) = admin.partition(|net| matches!(net, ipnet::IpNet::V4(_)));
    let text = templates.render(
        "firewall/nftables.nft.j2",
        json!({
            "header": header(plan), "ssh_port": host.ssh_port, "openings": openings,
            "admin_v4": texts(&v4), "admin_v6": texts(&v6),
            "restricted_ssh": !topology.admin_networks.is_empty(),
            "applied": topology.firewall == Firewall::Nftables,
            "mesh": mesh.map(|mesh| json!({
                "interface": mesh.interface, "subnet": mesh.subnet.to_string(),
                "family": if mesh.subnet.addr().is_ipv4() { "ip" } else { "ip6" },
            })),
        }),
    )?;
    out.text(format!("firewall/{}/nftables.conf", host.name), text);
    Ok(())
}

fn texts(nets: &[&ipnet::IpNet]) -> Vec<String> {
    nets.iter().map(ToString::to_string).collect()
}

/// One opening: port, transport, and the source addresses by family.
fn rule(topology: &Topology, host: &Host, opening: &Opening) -> Result<Value, EmitError> {
    let (anyone, v4, v6) = match sources(topology, host, opening)? {
        From::Anyone => (true, Vec::new(), Vec::new()),
        From::Addresses { v4, v6 } => (false, v4, v6),
    };
    let service = &topology.services[opening.service];
    Ok(json!({
        "port": opening.port, "transport": opening.transport.word(),
        "anyone": anyone, "v4": v4, "v6": v6,
        "comment": format!("{} {}", service.name, opening.interface),
        "forwarded": !service.on_host_network(host),
    }))
}
