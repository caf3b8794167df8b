//! `netgen check`

use super::args::Source;
use super::output::Output;
use super::progress::watched;
use super::world::{RealWorld, input};
use super::{Exit, Outcome};
use crate::compile_to_plan;

pub(super) fn run(args: &Source, output: &Output) -> Outcome {
    let input = input(args)?;
    // A manifest may be right before its images are locked; `lock --check` and `build` ask for that.
    let options = args.lints.options(true, output)?;
    let compilation = watched(output, "checking", || compile_to_plan(&RealWorld, &input, options));
    let exit = output.findings(&compilation);
    if let (Exit::Ok, Some(plan)) = (exit, &compilation.plan) {
        let t = &plan.topology;
        let waived = compilation.diagnostics.iter().filter(|d| d.waived.is_some()).count();
        output.note(&format!(
            "{}: {} hosts, {} nodes, {} services: ok{}",
            t.name,
            t.hosts.len(),
            t.nodes.len(),
            t.services.len(),
            if waived == 0 { String::new() } else { format!(", {waived} waived") }
        ));
    }
    // The program ends here: to take a large network apart again would only take time.
    std::mem::forget(compilation);
    Ok(exit)
}
