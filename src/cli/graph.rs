//! `netgen graph`

use super::args::Source;
use super::output::Output;
use super::world::{RealWorld, input};
use super::{Exit, Outcome};
use crate::compile_to_plan;
use crate::emit::topology_mermaid;

pub(super) fn run(args: &Source, output: &Output) -> Outcome {
    let compilation = compile_to_plan(&RealWorld, &input(args)?, args.lints.options(true)?);
    let exit = output.findings(&compilation);
    if let (Exit::Ok, Some(plan)) = (exit, &compilation.plan) {
        output.data(&topology_mermaid(&plan.topology));
    }
    Ok(exit)
}
