//! `netgen analyze`

use super::Outcome;
use super::args::{Analyze as Args, AnalyzeTopic, Form};
use super::output::Output;
use super::progress::watched;
use super::world::{RealWorld, input};
use crate::analyze::{Topic, analyze, markdown, text};
use crate::check::registry::can_be_waived;
use crate::compile_to_plan;

pub(super) fn run(args: &Args, output: &Output) -> Outcome {
    let (topic, asked) = match &args.topic {
        None => (Topic::All, &args.all),
        Some(AnalyzeTopic::All(asked)) => (Topic::All, asked),
        Some(AnalyzeTopic::Survivability(asked)) => (Topic::Survivability, asked),
        Some(AnalyzeTopic::Spof(asked)) => (Topic::SinglePoints, asked),
        Some(AnalyzeTopic::Reachability(asked)) => (Topic::Reachability, asked),
        Some(AnalyzeTopic::Alerts(asked)) => (Topic::Alerts, asked),
        Some(AnalyzeTopic::Capacity(asked)) => (Topic::Capacity, asked),
    };
    let (input, options) = (input(&asked.source)?, asked.source.lints.options(true, output)?);
    let compilation = watched(output, "compiling", || compile_to_plan(&RealWorld, &input, options));
    let exit = output.findings(&compilation);
    // Rules may find fault with a network that is known completely: then the analysis says why.
    let known = compilation.diagnostics.iter().all(|found| !found.is_error() || can_be_waived(found.rule));
    if let (true, Some(plan)) = (known, &compilation.plan) {
        let analysis = watched(output, "analyzing", || analyze(&plan.topology, &plan.placed(), topic));
        output.data(&match asked.form {
            Form::Human => text(&analysis),
            Form::Markdown => markdown(&analysis),
            // Names, numbers and lists of them always serialize.
            Form::Json => serde_json::to_string_pretty(&analysis).unwrap_or_default() + "\n",
        });
    }
    Ok(exit)
}
