//! `netgen explain`

use super::args::Explain;
use super::exit::Exit;
use super::output::Output;
use super::{Failure, Outcome};
use crate::check::registry::all_rules;
use crate::diag::{Rule, did_you_mean, list_names};

pub(super) fn run(args: &Explain, output: &Output) -> Outcome {
    let rules = all_rules();
    let Some(wanted) = &args.rule else {
        let lines: String = rules
            .iter()
            .map(|rule| format!("{} {:7} {:24} {}\n", rule.code, rule.level.word(), rule.name, rule.summary))
            .collect();
        output.data(&lines);
        return Ok(Exit::Ok);
    };
    let rule = Rule::find(&rules, wanted).ok_or_else(|| unknown(wanted, &rules))?;
    output.data(&format!("# {} {}: {}\n\n{}\n", rule.code, rule.name, rule.summary, rule.docs.trim_end()));
    Ok(Exit::Ok)
}

/// There is no such rule.
pub(super) fn unknown(wanted: &str, rules: &[&'static Rule]) -> Failure {
    let near = did_you_mean(wanted, rules.iter().flat_map(|rule| [rule.code, rule.name]));
    let hint = near.map_or_else(
        || "`netgen explain` lists all rules".to_owned(),
        |near| format!("did you mean {}?", list_names([near], 1)),
    );
    Failure::new(Exit::Usage, format!("there is no rule `{wanted}`; {hint}"))
}
