//! `netgen graph`

use super::args::{Graph, GraphBy, GraphSyntax};
use super::exit::Exit;
use super::output::Output;
use super::progress::watched;
use super::world::{RealWorld, input};
use super::{Failure, Outcome};
use crate::compile_to_plan;
use crate::diag::did_you_mean;
use crate::emit::{By, Syntax, diagram, named};

pub(super) fn run(args: &Graph, output: &Output) -> Outcome {
    let (input, options) = (input(&args.source)?, args.source.lints.options(true, output)?);
    let compilation = watched(output, "compiling", || compile_to_plan(&RealWorld, &input, options));
    let exit = output.findings(&compilation);
    let (Exit::Ok, Some(plan)) = (exit, &compilation.plan) else { return Ok(exit) };
    let topology = &plan.topology;
    let focus = match &args.focus {
        None => None,
        Some(word) => Some(named(topology, word).ok_or_else(|| {
            let services = topology.services.iter().map(|service| service.name.as_str());
            let nodes = topology.nodes.iter().map(|node| node.name.as_str());
            let hosts = topology.hosts.iter().map(|host| host.name.as_str());
            let near = did_you_mean(word, services.chain(nodes).chain(hosts));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            Failure::new(Exit::Usage, format!("there is no service, node or host `{word}`{near}"))
        })?),
    };
    let syntax = match args.syntax {
        GraphSyntax::Mermaid => Syntax::Mermaid,
        GraphSyntax::Dot => Syntax::Dot,
        GraphSyntax::Svg => Syntax::Svg,
        GraphSyntax::Json => Syntax::Json,
    };
    let by = args.by.map(|by| match by {
        GraphBy::Host => By::Host,
        GraphBy::Region => By::Region,
        GraphBy::Interface => By::Interface,
    });
    let text = diagram(topology, syntax, by, focus.as_ref())
        .map_err(|error| Failure::new(Exit::Findings, error.message))?;
    output.data(&text);
    Ok(exit)
}
