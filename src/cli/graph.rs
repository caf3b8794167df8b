//! `netgen graph`

use super::args::Source;
use super::output::Output;
use super::world::{RealWorld, input};
use super::{Exit, Outcome};
use crate::emit::topology_mermaid;
use crate::{Options, compile_to_plan};

pub(super) fn run(args: &Source, output: &Output) -> Outcome {
    let compilation = compile_to_plan(&RealWorld, &input(args)?, Options { allow_unlocked: true });
    let exit = output.findings(&compilation);
    if let (Exit::Ok, Some(plan)) = (exit, &compilation.plan) {
        output.data(&topology_mermaid(&plan.topology));
    }
    Ok(exit)
}
