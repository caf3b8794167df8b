//! The packet filter of every host: exactly the openings of the topology, for the program that the
//! manifest chose.

mod nftables;
mod ufw;

#[cfg(test)]
mod tests;

use std::net::IpAddr;

use super::{Artifacts, EmitError, Emitter};
use crate::manifest::Firewall;
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::{Host, Mesh, Opening, Sources, Topology};

pub(super) struct FirewallRules;

impl Emitter for FirewallRules {
    fn id(&self) -> &'static str {
        "firewall"
    }

    fn summary(&self) -> &'static str {
        "nftables rulesets or ufw scripts, one a host"
    }

    fn emit(&self, plan: &Plan, templates: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        let hosts: Vec<&Host> = plan.topology.machines().collect();
        out.each(&hosts, |host, out| match plan.topology.firewall {
            Firewall::Nftables | Firewall::External => nftables::emit(plan, host, templates, out),
            Firewall::Ufw => ufw::emit(plan, host, templates, out),
        })
    }
}

/// Who is let in, by family; both empty means nobody.
enum From {
    Anyone,
    Addresses { v4: Vec<String>, v6: Vec<String> },
}

/// The source addresses of an opening, sorted, each once.
fn sources(topology: &Topology, host: &Host, opening: &Opening) -> Result<From, EmitError> {
    let Sources::Hosts(hosts) = &opening.sources else { return Ok(From::Anyone) };
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for id in hosts {
        let source = &topology.hosts[*id];
        let before = v4.len() + v6.len();
        // A packet may come from either address of the other host.
        for address in std::iter::once(&source.address).chain(&source.private_address) {
            match address.parse::<IpAddr>() {
                Ok(IpAddr::V4(ip)) => v4.push(ip.to_string()),
                Ok(IpAddr::V6(ip)) => v6.push(ip.to_string()),
                Err(_) => {}
            }
        }
        if v4.len() + v6.len() == before {
            // A name would be looked up once, when the rules are loaded, or not at all.
            return Err(EmitError::unsupported(
                source.address_origin,
                format!("the firewall of `{}` needs an IP address of `{}`", host.name, source.name),
                "give the host an IP address, or a `private-address` by which it reaches the others",
            ));
        }
    }
    Ok(by_family(v4, v6))
}

fn by_family(mut v4: Vec<String>, mut v6: Vec<String>) -> From {
    for family in [&mut v4, &mut v6] {
        family.sort();
        family.dedup();
    }
    From::Addresses { v4, v6 }
}

/// From where packets of the mesh itself come: the addresses that the others have outside of it.
fn mesh_sources(topology: &Topology, host: &Host, mesh: &Mesh) -> Result<From, EmitError> {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for (id, peer) in mesh.peers_of(host.id) {
        let other = &topology.hosts[id];
        let before = v4.len() + v6.len();
        for address in [&peer.outside, &other.address] {
            match address.parse::<IpAddr>() {
                Ok(IpAddr::V4(ip)) => v4.push(ip.to_string()),
                Ok(IpAddr::V6(ip)) => v6.push(ip.to_string()),
                Err(_) => {}
            }
        }
        if v4.len() + v6.len() == before {
            return Err(EmitError::unsupported(
                other.address_origin,
                format!("the firewall of `{}` needs an IP address of `{}`", host.name, other.name),
                "give the host an IP address: packets of the mesh are let in from the addresses of hosts only",
            ));
        }
    }
    Ok(by_family(v4, v6))
}
