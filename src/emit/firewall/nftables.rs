//! nftables rulesets.
//!
//! Ports that Docker publishes never pass the `input` hook: they are translated before routing and
//! forwarded. So the same openings stand in two chains, and the forward chain looks at the port
//! that the packet came for (`ct original proto-dst`) before the translation.

use serde_json::json;

use super::{From, mesh_sources, sources};
use crate::emit::format::nft;
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
    let mut rules = Rules::default();
    for opening in topology.openings(host.id) {
        rules.opening(topology, host, &opening)?;
    }
    let mesh = topology.mesh.as_ref();
    if let Some(mesh) = mesh {
        let from = mesh_sources(topology, host, mesh)?;
        rules.input.extend(accepted(&from, &format!("udp dport {}", mesh.port), "mesh wireguard")?);
    }
    let admin = topology.admin_networks.iter();
    let (v4, v6): (Vec<_>, Vec<_>) = admin.partition(|net| matches!(net, ipnet::IpNet::V4(_)));
    let text = templates.render(
        "firewall/nftables.nft.j2",
        json!({
            "header": header(plan), "ssh_port": host.ssh_port,
            "input": rules.input, "forward": rules.forward,
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

/// What lets the openings of one host through, by chain.
#[derive(Default)]
struct Rules {
    input: Vec<String>,
    forward: Vec<String>,
}

impl Rules {
    fn opening(&mut self, topology: &Topology, host: &Host, opening: &Opening) -> Result<(), EmitError> {
        let service = &topology.services[opening.service];
        let (transport, port) = (opening.transport.word(), opening.port);
        let (chain, packets) = if service.on_host_network(host) {
            (&mut self.input, format!("{transport} dport {port}"))
        } else {
            (&mut self.forward, format!("meta l4proto {transport} ct original proto-dst {port}"))
        };
        let comment = format!("{} {}", service.name, opening.interface);
        chain.extend(accepted(&sources(topology, host, opening)?, &packets, &comment)?);
        Ok(())
    }
}

/// The rules that accept packets from there: one for anyone, else one a family.
fn accepted(from: &From, packets: &str, comment: &str) -> Result<Vec<String>, EmitError> {
    let rule = format!("{packets} accept comment {}", nft::string(comment)?);
    let of_family = |(family, addresses): (&str, &Vec<String>)| {
        let rule = || format!("{family} saddr {{ {} }} {rule}", addresses.join(", "));
        (!addresses.is_empty()).then(rule)
    };
    Ok(match from {
        From::Anyone => vec![rule],
        From::Addresses { v4, v6 } => [("ip", v4), ("ip6", v6)].into_iter().filter_map(of_family).collect(),
    })
}
