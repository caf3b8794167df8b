//! ufw scripts: one a host, which brings ufw to exactly the openings of the topology.
//!
//! ufw sees what comes to the host itself. A port that a container engine publishes is translated
//! before routing, and the engine accepts it ahead of ufw's own chains. So the rules for containers
//! stand twice: as `ufw route` rules, which people see in `ufw status` and which let through where ufw
//! is asked; and in a chain of the mangle table, which is passed before all of these, knows the port
//! that the packet came for, and drops the rest. ufw starts and stops that chain by its `after.init`.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use serde_json::json;

use super::{From, mesh_sources, sources};
use crate::emit::format::nft::AddressSets;
use crate::emit::format::shell::quote;
use crate::emit::{Artifacts, EmitError, header};
use crate::manifest::Runtime;
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::{Host, Opening, Topology};

/// The bridges of container engines, as iptables and ufw write a pattern.
const BRIDGES: [&str; 3] = ["docker0", "br-+", "podman+"];

pub(super) fn emit(
    plan: &Plan,
    host: &Host,
    templates: &Templates,
    out: &mut Artifacts,
) -> Result<(), EmitError> {
    let topology = &plan.topology;
    let mut rules = Rules::default();
    rules.admin(topology, host);
    rules.bridges(host);
    for opening in topology.openings(host.id) {
        rules.opening(topology, host, &opening)?;
    }
    if let Some(mesh) = &topology.mesh
        && let From::Addresses { v4, v6 } = mesh_sources(topology, host, mesh)?
    {
        for from in v4.iter().chain(&v6) {
            let port = mesh.port;
            let rule = format!("allow from {from} to any port {port} proto udp");
            rules.add(rule, format!("in: mesh wireguard {port}/udp from {from}"));
        }
    }
    let text = templates.render(
        "firewall/ufw.sh.j2",
        json!({
            "header": header(plan), "host": host.name, "install_dir": topology.install_dir(),
            "rules": rules.lines()?, "contained": host.runtime.is_container(), "bridges": BRIDGES,
            "forward_v4": rules.forward_v4, "forward_v6": rules.forward_v6,
        }),
    )?;
    out.script(format!("firewall/{}/ufw.sh", host.name), text);
    Ok(())
}

/// The rules of one host.
#[derive(Default)]
struct Rules {
    /// The rules of ufw in their order, as `ufw show added` prints them, without the comment.
    order: Vec<String>,
    /// What each of them is for. Two openings may come to one rule: ufw would drop the second.
    reasons: BTreeMap<String, BTreeSet<String>>,
    /// What the chain lets through to containers, as iptables writes it.
    forward_v4: Vec<String>,
    forward_v6: Vec<String>,
}

impl Rules {
    fn add(&mut self, rule: String, reason: String) {
        if !self.reasons.contains_key(&rule) {
            self.order.push(rule.clone());
        }
        self.reasons.entry(rule).or_default().insert(reason);
    }

    /// Logins come first: they must never be missing.
    fn admin(&mut self, topology: &Topology, host: &Host) {
        let port = host.ssh_port;
        if topology.admin_networks.is_empty() {
            self.add(format!("allow {port}/tcp"), format!("in: ssh {port}/tcp from anyone"));
        }
        for from in networks(&topology.admin_networks) {
            let rule = format!("allow from {from} to any port {port} proto tcp");
            self.add(rule, format!("in: ssh {port}/tcp from {from}"));
        }
    }

    /// Containers reach the host, each other and the world.
    fn bridges(&mut self, host: &Host) {
        let bridges: &[&str] = match host.runtime {
            Runtime::Native | Runtime::Kubernetes => &[],
            Runtime::Compose | Runtime::SystemdDocker => &["docker0", "br-+"],
            Runtime::Quadlet => &["podman+"],
        };
        for bridge in bridges {
            self.add(format!("allow in on {bridge}"), format!("in: containers on {bridge}"));
            self.add(format!("route allow in on {bridge}"), format!("route: containers on {bridge}"));
        }
    }

    fn opening(&mut self, topology: &Topology, host: &Host, opening: &Opening) -> Result<(), EmitError> {
        let service = &topology.services[opening.service];
        let (port, transport) = (opening.port, opening.transport.word());
        let what = format!("{} {} {port}/{transport}", service.name, opening.interface);
        let from = sources(topology, host, opening)?;
        if service.on_host_network(host) {
            match from {
                From::Anyone => {
                    self.add(format!("allow {port}/{transport}"), format!("in: {what} from anyone"));
                }
                From::Addresses { v4, v6 } => {
                    for from in v4.iter().chain(&v6) {
                        let rule = format!("allow from {from} to any port {port} proto {transport}");
                        self.add(rule, format!("in: {what} from {from}"));
                    }
                }
            }
            return Ok(());
        }
        let inside = service.listener(&opening.interface).and_then(|l| l.container_port).unwrap_or(port);
        let bridge = if host.runtime == Runtime::Quadlet { "podman+" } else { "br-+" };
        let to = format!("to any port {inside} proto {transport}");
        let what = if inside == port { what } else { format!("{what} at {inside}") };
        let what = format!("{what} on {bridge}");
        let matched = format!("-p {transport} -m conntrack --ctorigdstport {port} -j RETURN");
        match from {
            From::Anyone => {
                self.add(format!("route allow out on {bridge} {to}"), format!("route: {what} from anyone"));
                self.forward_v4.push(matched.clone());
                self.forward_v6.push(matched);
            }
            From::Addresses { v4, v6 } => {
                for from in v4.iter().chain(&v6) {
                    let rule = format!("route allow out on {bridge} from {from} {to}");
                    self.add(rule, format!("route: {what} from {from}"));
                }
                self.forward_v4.extend(v4.iter().map(|from| format!("-s {from} {matched}")));
                self.forward_v6.extend(v6.iter().map(|from| format!("-s {from} {matched}")));
            }
        }
        Ok(())
    }

    /// Every rule with its comment as one word of the shell.
    ///
    /// The comment is the mark by which the script knows its own rules, and it tells all that the
    /// rule does: a rule that changes has another comment.
    fn lines(&self) -> Result<Vec<String>, EmitError> {
        let line = |rule: &String| {
            let reasons = self.reasons.get(rule).into_iter().flatten();
            let reasons: Vec<&str> = reasons.map(String::as_str).collect();
            let line = format!("{rule} comment 'netgen {}'", plain(&reasons.join(", ")));
            Ok(quote(&line)?.into_owned())
        };
        self.order.iter().map(line).collect()
    }
}

/// A comment without what would end it.
fn plain(comment: &str) -> String {
    comment.chars().map(|c| if c == '\'' || c.is_control() { ' ' } else { c }).collect()
}

/// Networks as ufw keeps them. It keeps all addresses of one family as "anywhere", which is those of
/// both; two halves are not that.
pub(super) fn networks(nets: &[IpNet]) -> Vec<String> {
    let sets = AddressSets::new(nets.iter().copied());
    let nets = sets.v4.into_iter().map(IpNet::V4).chain(sets.v6.into_iter().map(IpNet::V6));
    let halves = nets.flat_map(|net| {
        let halves = if net.prefix_len() == 0 { net.subnets(1).ok() } else { None };
        halves.map_or_else(|| vec![net], Iterator::collect)
    });
    let text = |net: IpNet| {
        if net.prefix_len() == net.max_prefix_len() { net.addr().to_string() } else { net.to_string() }
    };
    halves.map(text).collect()
}
