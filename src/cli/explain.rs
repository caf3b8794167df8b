//! `netgen explain`

use super::args::Explain;
use super::exit::Exit;
use super::output::Output;
use super::{Failure, Outcome};
use crate::check::registry::all_rules;
use crate::diag::{did_you_mean, list_names};

pub(super) fn run(args: &Explain, output: &Output) -> Outcome {
    let rules = all_rules();
    let Some(wanted) = &args.rule else {
        let lines: String = rules
            .iter()
            .map(|rule| {
                format!(
                    "{} {:7} {:24} {}\n",
                    rule.code,
                    rule.level.severity().word(),
                    rule.name,
                    rule.summary
                )
            })
            .collect();
        output.data(&lines);
        return Ok(Exit::Ok);
    };
    let found = rules.iter().find(|rule| rule.code.eq_ignore_ascii_case(wanted) || rule.name == wanted);
    let Some(rule) = found else {
        let known = || rules.iter().flat_map(|rule| [rule.code, rule.name]);
        let near = did_you_mean(wanted, known());
        let hint = near.map_or_else(
            || "`netgen explain` lists all rules".to_owned(),
            |near| format!("did you mean {}?", list_names([near], 1)),
        );
        return Err(Failure::new(Exit::Usage, format!("there is no rule `{wanted}`; {hint}")));
    };
    output.data(&format!("# {} {}: {}\n\n{}\n", rule.code, rule.name, rule.summary, rule.docs.trim_end()));
    Ok(Exit::Ok)
}
