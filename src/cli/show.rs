//! `netgen show`

use std::fmt::Write as _;

use super::args::Show as Args;
use super::exit::Exit;
use super::output::Output;
use super::world::{RealWorld, input};
use super::{Failure, Outcome};
use crate::compile_to_plan;
use crate::diag::did_you_mean;
use crate::plan::Plan;
use crate::topology::{Host, Service};

pub(super) fn run(args: &Args, output: &Output) -> Outcome {
    let compilation = compile_to_plan(&RealWorld, &input(&args.source)?, args.source.lints.options(true)?);
    let exit = output.findings(&compilation);
    let (Exit::Ok, Some(plan)) = (exit, &compilation.plan) else { return Ok(exit) };
    let hosts: Vec<&Host> = plan
        .topology
        .hosts
        .iter()
        .filter(|host| args.host.as_ref().is_none_or(|wanted| *wanted == host.name))
        .collect();
    if let (Some(wanted), true) = (&args.host, hosts.is_empty()) {
        let near = did_you_mean(wanted, plan.topology.hosts.iter().map(|h| h.name.as_str()));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err(Failure::new(Exit::Usage, format!("there is no host `{wanted}`{near}")));
    }
    let mut out = String::new();
    for host in hosts {
        show_host(plan, host, &mut out);
    }
    output.data(&out);
    Ok(Exit::Ok)
}

// Writing to a String cannot fail, so the results are let go.
fn show_host(plan: &Plan, host: &Host, out: &mut String) {
    let topology = &plan.topology;
    let _ = writeln!(
        out,
        "{} {} ({}, {})",
        host.name,
        host.address,
        topology.region_name(host.id),
        host.runtime.word()
    );
    for service in topology.services_on(host.id) {
        show_service(plan, service, out);
    }
    for opening in topology.openings(host.id) {
        let from = match &opening.sources {
            crate::topology::Sources::Any => "anyone".to_owned(),
            crate::topology::Sources::Hosts(hosts) => {
                let names: Vec<&str> = hosts.iter().map(|id| topology.hosts[*id].name.as_str()).collect();
                names.join(", ")
            }
        };
        let service = &topology.services[opening.service].name;
        let _ = writeln!(
            out,
            "  open {}/{} to {from} ({service} {})",
            opening.port,
            opening.transport.word(),
            opening.interface
        );
    }
}

fn show_service(plan: &Plan, service: &Service, out: &mut String) {
    let topology = &plan.topology;
    let _ = writeln!(out, "  {} ({})", service.name, service.component.component);
    let run = &plan.runs[service.id];
    if !run.image.is_empty() {
        let _ = writeln!(out, "    image {}", run.image);
    }
    for listener in &service.listeners {
        let Some(port) = listener.port else { continue };
        let publish = listener.publish.as_ref().map(|p| format!(" on {}", p.address())).unwrap_or_default();
        let _ =
            writeln!(out, "    listens {} {port} {}{publish}", listener.interface, listener.exposure.word());
    }
    for binding in topology.bindings.iter().filter(|b| b.consumer == service.id) {
        let provider = &topology.services[binding.provider];
        let at = topology
            .endpoint(service.id, provider.id, &binding.interface)
            .map(|endpoint| format!(" at {}", endpoint.authority()))
            .unwrap_or_default();
        let _ = writeln!(out, "    uses {} of {}{at}", binding.interface, provider.name);
    }
}
