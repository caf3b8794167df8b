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
use crate::topology::{Host, Opening, Sources, Topology};

pub(super) struct FirewallRules;

impl Emitter for FirewallRules {
    fn id(&self) -> &'static str {
        "firewall"
    }

    fn summary(&self) -> &'static str {
        "nftables rulesets or ufw scripts, one a host"
    }

    fn emit(&self, plan: &Plan, templates: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        for host in plan.topology.machines() {
            match plan.topology.firewall {
                Firewall::Nftables | Firewall::External => nftables::emit(plan, host, templates, out)?,
                Firewall::Ufw => ufw::emit(plan, host, templates, out)?,
            }
        }
        Ok(())
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
    for family in [&mut v4, &mut v6] {
        family.sort();
        family.dedup();
    }
    Ok(From::Addresses { v4, v6 })
}
