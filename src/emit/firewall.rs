//! nftables rulesets, one a host: exactly the openings of the topology.
//!
//! Ports that Docker publishes never pass the `input` hook: they are translated before routing and
//! forwarded. So the same openings stand in two chains, and the forward chain looks at the port
//! that the packet came for (`ct original proto-dst`) before the translation.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::{Artifacts, EmitError, Emitter, header};
use crate::manifest::Firewall;
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::{Host, Opening, Sources, Topology};

pub(super) struct FirewallRules;

impl Emitter for FirewallRules {
    fn id(&self) -> &'static str {
        "firewall"
    }

    fn summary(&self) -> &'static str {
        "nftables rulesets, one a host"
    }

    fn emit(&self, plan: &Plan, templates: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        let topology = &plan.topology;
        for host in &topology.hosts {
            let openings: Vec<Value> = topology
                .openings(host.id)
                .iter()
                .map(|opening| rule(topology, host, opening))
                .collect::<Result<_, _>>()?;
            let admin = topology.admin_networks.iter();
            let (v4, v6): (Vec<_>, Vec<_>) = admin.partition(|net| matches!(net, ipnet::IpNet::V4(_)));
            let text = templates.render(
                "firewall/nftables.nft.j2",
                json!({
                    "header": header(plan), "ssh_port": host.ssh_port, "openings": openings,
                    "admin_v4": texts(&v4), "admin_v6": texts(&v6),
                    "restricted_ssh": !topology.admin_networks.is_empty(),
                    "applied": topology.firewall == Firewall::Nftables,
                }),
            )?;
            out.text(format!("firewall/{}/nftables.conf", host.name), text);
        }
        Ok(())
    }
}

fn texts(nets: &[&ipnet::IpNet]) -> Vec<String> {
    nets.iter().map(ToString::to_string).collect()
}

/// One opening: port, transport, and the source addresses by family; both empty means anyone.
fn rule(topology: &Topology, host: &Host, opening: &Opening) -> Result<Value, EmitError> {
    let mut v4: Vec<String> = Vec::new();
    let mut v6: Vec<String> = Vec::new();
    if let Sources::Hosts(hosts) = &opening.sources {
        for id in hosts {
            let source = &topology.hosts[*id];
            // A packet may come from either address of the other host.
            let mut addresses = vec![source.address.as_str()];
            addresses.extend(source.private_address.as_deref());
            let before = v4.len() + v6.len();
            for address in addresses {
                match address.parse::<IpAddr>() {
                    Ok(IpAddr::V4(ip)) => v4.push(ip.to_string()),
                    Ok(IpAddr::V6(ip)) => v6.push(ip.to_string()),
                    Err(_) => {}
                }
            }
            if v4.len() + v6.len() == before {
                // nft would look a name up once, when the rules are loaded, and keep a stale answer.
                return Err(EmitError::unsupported(
                    source.address_origin,
                    format!("the firewall of `{}` needs an IP address of `{}`", host.name, source.name),
                    "give the host an IP address, or a `private-address` by which it reaches the others",
                ));
            }
        }
    }
    v4.sort();
    v4.dedup();
    v6.sort();
    v6.dedup();
    let service = &topology.services[opening.service];
    Ok(json!({
        "port": opening.port, "transport": opening.transport.word(),
        "anyone": opening.sources == Sources::Any, "v4": v4, "v6": v6,
        "comment": format!("{} {}", service.name, opening.interface),
        "forwarded": !service.on_host_network(host),
    }))
}
