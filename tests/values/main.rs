//! The law of emission, with the real reader on the other side: what the target's own program gives
//! back is what netgen was given, or netgen refuses to write it. Never a third outcome.
//!
//! Trials, for each of the [`syntaxes`]:
//!
//! * `<syntax>::any_value`: [`values`] are written with the writer that the emitters use, and read
//!   by the real reader. Each comes back exactly, or is refused and is one of those that may be;
//! * `<syntax>::a_naive_writer`: the same check finds fault with a writer that does not quote;
//!
//! `whole::*`, where the values stand in a manifest and go through the whole compiler; and `judge::*`,
//! which try the check itself.
//!
//! `NETGEN_VALUES_CASES` says how many values each syntax gets, `NETGEN_VALUES_SEED` which.
//! A trial whose programs are not installed is left out and says so; with `NETGEN_REQUIRE_TOOLS=1` it
//! fails. `.ci/install-readers` installs all of them.
//!
//! To add a syntax: one file in `syntaxes/`, one line in [`syntaxes::ALL`].

// A test that cannot go on should end loudly.
#![allow(clippy::disallowed_methods)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr)]

#[allow(dead_code, reason = "conformance uses more of it")]
#[path = "../conformance/bench.rs"]
mod bench;
#[allow(dead_code, reason = "the live test uses more of it")]
#[path = "../live/http.rs"]
mod http;
mod judge;
#[path = "../common/program.rs"]
mod program;
mod syntaxes;
mod values;
mod whole;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::bench::{Bench, Fault};
use crate::judge::Tally;
use crate::syntaxes::{Outcome, Writer};

/// How many values there are on a desk; CI asks for more.
const CASES: usize = 2_000;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let cases = number("NETGEN_VALUES_CASES").map_or(CASES, |cases| usize::try_from(cases).unwrap());
    let seed = number("NETGEN_VALUES_SEED").unwrap_or(1);
    let values: Arc<[String]> = values::values(seed, cases).into();
    let mut trials = Vec::new();
    for (module, list) in [("judge", judge::TRIALS), ("whole", whole::TRIALS)] {
        trials.extend(list.iter().map(|(name, test)| {
            Trial::test(format!("{module}::{name}"), move || {
                test();
                Ok(())
            })
        }));
    }
    for syntax in syntaxes::ALL {
        let values = Arc::clone(&values);
        trials.push(trial(format!("{}::any_value", syntax.name), syntax.tools, move |bench| {
            let tally = judge::judge(bench, syntax, Writer::Netgen, &values)?;
            tell(syntax.name, tally);
            Ok(())
        }));
        trials.push(trial(format!("{}::a_naive_writer", syntax.name), syntax.tools, move |bench| {
            let mistaken = [syntax.mistaken.to_owned()];
            match (syntax.read)(bench, Writer::Naive, &mistaken)?.as_slice() {
                [Outcome::Changed { .. }] => Ok(()),
                other => Err(Fault::Trouble(format!("it goes unnoticed: {other:?}"))),
            }
        }));
    }
    trials.push(trial("whole::every_place".to_owned(), whole::TOOLS, move |bench| {
        tell("whole", whole::every_place(bench, &values::values(seed, whole::CASES))?);
        Ok(())
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

fn tell(name: &str, tally: Tally) {
    eprintln!("{name}: {} values kept, {} refused", tally.kept, tally.refused);
}

fn trial(
    name: String,
    tools: &'static [&'static str],
    test: impl FnOnce(&Bench) -> Result<(), Fault> + Send + 'static,
) -> Trial {
    let run = move || {
        let bench = Bench::new()?;
        for tool in tools {
            bench.find(tool)?;
        }
        test(&bench)
    };
    Trial::ignorable_test(name, move || match run() {
        Ok(()) => Ok(Completion::Completed),
        Err(Fault::Missing(need)) if !required() => Ok(Completion::ignored_with(format!("left out: {need}"))),
        Err(fault) => Err(Failed::from(fault.text())),
    })
}

fn required() -> bool {
    std::env::var_os("NETGEN_REQUIRE_TOOLS").is_some_and(|value| value == "1")
}
