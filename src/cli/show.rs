//! `netgen show`: the network in short, the whole model, or the origin of a value.

use std::fmt::Write as _;

use super::args::Show as Args;
use super::exit::Exit;
use super::output::Output;
use super::progress::watched;
use super::world::{RealWorld, input};
use super::{Failure, Outcome};
use crate::compile_to_plan;
use crate::diag::{did_you_mean, list_names};
use crate::emit::format::yaml::to_yaml;
use crate::load::{Loaded, dotted};
use crate::model::{self, Answer};
use crate::plan::Plan;
use crate::text::SourceMap;
use crate::topology::{Host, Service};

pub(super) fn run(args: &Args, output: &Output) -> Outcome {
    let (input, options) = (input(&args.source)?, args.source.lints.options(true, output)?);
    let compilation = watched(output, "compiling", || compile_to_plan(&RealWorld, &input, options));
    let exit = output.findings(&compilation);
    let (Exit::Ok, Some(plan), Some(loaded)) = (exit, &compilation.plan, &compilation.loaded) else {
        return Ok(exit);
    };
    if let Some(path) = &args.why {
        let answers = why(path, plan, loaded, &compilation.sources)?;
        let text =
            if args.json { to_json(&answers) } else { answers.iter().map(ToString::to_string).collect() };
        output.data(&text);
        return Ok(Exit::Ok);
    }
    if args.resolved {
        let model = model::build(plan, &loaded.tree).to_json();
        let text = if args.json { Ok(to_json(&model)) } else { to_yaml(&model) };
        output.data(&text.map_err(|error| Failure::new(Exit::Findings, error.to_string()))?);
        return Ok(Exit::Ok);
    }
    if args.json {
        return Err(Failure::new(Exit::Usage, "`--json` belongs to `--resolved` or `--why`"));
    }
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

/// The origins of the values at a path.
fn why(path: &str, plan: &Plan, loaded: &Loaded, sources: &SourceMap) -> Result<Vec<Answer>, Failure> {
    let usage = |text: String| Failure::new(Exit::Usage, text);
    let (steps, end) = dotted::split(path).map_err(|malformed| {
        usage(format!("`{path}` is no path: {} (byte {})", malformed.why, malformed.at))
    })?;
    if end < path.len() {
        return Err(usage(format!("`{path}` is no path: `=` and a value do not belong here")));
    }
    let steps: Vec<String> = steps.into_iter().map(|step| step.text).collect();
    model::explain(model::build(plan, &loaded.tree), loaded, sources, &steps).map_err(|not_found| {
        let known = || not_found.known.iter().map(String::as_str);
        let within = match not_found.parent.as_str() {
            "" => String::new(),
            parent => format!(" in `{parent}`"),
        };
        let hint = match did_you_mean(&not_found.step, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if not_found.known.is_empty() => "the path ends there".to_owned(),
            None => format!("there is {}", list_names(known(), 12)),
        };
        usage(format!("there is no `{}`{within}; {hint}", not_found.step))
    })
}

fn to_json(value: &impl serde::Serialize) -> String {
    // Text, numbers, lists and maps with text as keys: the serializer has nothing to refuse.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
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
