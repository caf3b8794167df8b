//! Mermaid diagrams of the topology: regions, hosts, nodes, services, and who uses whom.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::format::mermaid;
use super::{Artifacts, EmitError, Emitter};
use crate::catalog::component::Kind;
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::{HostId, Service, ServiceId, Topology};

/// The interface of scrapes: every service has one, so the edges would hide all others.
const HIDDEN: &str = crate::plan::METRICS;

pub(super) struct Diagrams;

impl Emitter for Diagrams {
    fn id(&self) -> &'static str {
        "diagrams"
    }

    fn summary(&self) -> &'static str {
        "Mermaid diagrams of the topology"
    }

    fn emit(&self, plan: &Plan, _: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        out.text("diagrams/topology.mmd", topology_mermaid(&plan.topology));
        Ok(())
    }
}

/// The topology as a Mermaid flowchart.
pub fn topology_mermaid(topology: &Topology) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "---\ntitle: {}\n---", topology.name);
    out.push_str("flowchart LR\n");
    let mut by_region: BTreeMap<&str, Vec<HostId>> = BTreeMap::new();
    for host in topology.hosts.iter().filter(|host| !host.services.is_empty()) {
        by_region.entry(topology.region_name(host.id)).or_default().push(host.id);
    }
    for (index, (region, hosts)) in by_region.iter().enumerate() {
        let label = mermaid::label(&format!("region {region}"));
        let _ = writeln!(out, "  subgraph region{index}[{label}]");
        for id in hosts {
            host(topology, *id, &mut out);
        }
        out.push_str("  end\n");
    }
    for binding in topology.bindings.iter().filter(|b| b.interface != HIDDEN && b.consumer != b.provider) {
        let port = topology.services[binding.provider].listener(&binding.interface).and_then(|l| l.port);
        let mut label = binding.interface.clone();
        if let Some(port) = port {
            let _ = write!(label, " :{port}");
        }
        let arrow = if binding.order == 0 { "-->" } else { "-.->" };
        let (from, to) = (service_id(binding.consumer), service_id(binding.provider));
        let _ = writeln!(out, "  {from} {arrow}|{}| {to}", mermaid::label(&label));
    }
    for (class, style) in CLASSES {
        let _ = writeln!(out, "  classDef {class} {style}");
    }
    out
}

fn host(topology: &Topology, id: HostId, out: &mut String) {
    let host = &topology.hosts[id];
    let label = mermaid::label(&format!("{} ({})", host.name, host.address));
    let _ = writeln!(out, "    subgraph host{}[{label}]", id_number(id));
    let (mut of_nodes, mut free): (BTreeMap<_, Vec<&Service>>, Vec<&Service>) = Default::default();
    for service in topology.services_on(id) {
        match service.node {
            Some(node) => of_nodes.entry(node).or_default().push(service),
            None => free.push(service),
        }
    }
    for (node, services) in of_nodes {
        let node = &topology.nodes[node];
        let mut title = format!("{} · {}", node.name, node.role);
        if node.voting_power > 0 {
            let _ = write!(title, " · power {}", node.voting_power);
        }
        let _ = writeln!(out, "      subgraph node{}[{}]", id_number(node.id), mermaid::label(&title));
        for service in services {
            leaf(service, "        ", out);
        }
        out.push_str("      end\n");
    }
    for service in free {
        leaf(service, "      ", out);
    }
    out.push_str("    end\n");
}

fn leaf(service: &Service, indent: &str, out: &mut String) {
    let (open, close) = match service.component.kind {
        Kind::Database => ("[(", ")]"),
        Kind::Job => ("([", "])"),
        _ => ("[", "]"),
    };
    let component = &service.component;
    let name = if service.local_name == component.component.value {
        service.local_name.clone()
    } else {
        format!("{}\n{}", service.local_name, component.component)
    };
    let label = mermaid::label(&name);
    let _ =
        writeln!(out, "{indent}{}{open}{label}{close}:::{}", service_id(service.id), class(component.kind));
}

fn service_id(id: ServiceId) -> String {
    format!("s{}", id_number(id))
}

fn id_number(id: impl crate::topology::Id) -> usize {
    id.index()
}

const CLASSES: &[(&str, &str)] = &[
    ("execution", "fill:#dbeafe,stroke:#1d4ed8,color:#111827"),
    ("consensus", "fill:#dcfce7,stroke:#15803d,color:#111827"),
    ("validator", "fill:#fef3c7,stroke:#b45309,color:#111827"),
    ("support", "fill:#f3e8ff,stroke:#7e22ce,color:#111827"),
    ("watch", "fill:#f3f4f6,stroke:#4b5563,color:#111827"),
];

fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::ExecutionClient | Kind::ChainNode => "execution",
        Kind::ConsensusClient => "consensus",
        Kind::ValidatorClient | Kind::Signer => "validator",
        Kind::BlockBuilder | Kind::Database | Kind::Job | Kind::Proxy | Kind::Other => "support",
        Kind::Exporter | Kind::Monitoring => "watch",
    }
}
