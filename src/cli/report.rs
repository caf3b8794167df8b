//! `netgen report`

use std::fs;
use std::path::Path;

use super::args::Report;
use super::exit::Exit;
use super::output::Output;
use super::world::{RealWorld, input};
use super::{Failure, Outcome};
use crate::compile_to_plan;
use crate::report::report;

pub(super) fn run(args: &Report, output: &Output) -> Outcome {
    let compilation = compile_to_plan(&RealWorld, &input(&args.source)?, args.source.lints.options(true)?);
    let exit = output.findings(&compilation);
    let (Exit::Ok, Some(plan)) = (exit, &compilation.plan) else { return Ok(exit) };
    let files = report(plan);
    if files.is_empty() {
        let message = "there are no dashboards to show: the manifest has no `monitoring:`";
        return Err(Failure::new(Exit::Findings, message));
    }
    let failed = |what: &Path, error: std::io::Error| {
        Failure::new(Exit::Io, format!("cannot write `{}`: {error}", what.display()))
    };
    fs::create_dir_all(&args.out).map_err(|error| failed(&args.out, error))?;
    for file in &files {
        let path = args.out.join(&file.name);
        fs::write(&path, &file.text).map_err(|error| failed(&path, error))?;
    }
    output.note(&format!("{}: {} dashboards", args.out.join("index.html").display(), files.len() - 1));
    Ok(exit)
}
