//! The live test: the generated configuration, read by real programs, tells real failures.
//!
//! Prometheus, Alertmanager and HAProxy run with what netgen makes of `network.yaml`. All else is
//! simulated: exporters that serve the metrics of the catalog and can be broken, and a listener behind
//! every receiver. [`failures`] is the table of what is broken; each failure must be told by an alert
//! that says so in its data, with its labels, to the receiver that the manifest asks for, with a runbook that is in
//! the bundle, and must be resolved after the recovery. Before, nothing may arrive but the heartbeat;
//! and at no time anything that no failure explains.
//!
//! Trials:
//!
//! * `live::every_failure_is_told`: all of that, in [`lapse`], a time lapse;
//! * `live::spoiled_bundles_are_noticed`: the same test fails on a bundle in which a rule reads the
//!   wrong metric, a route has the wrong receiver, nobody speaks for others, ...;
//! * the others try the parts of the test itself.
//!
//! Without the programs they are left out and say so; with `NETGEN_REQUIRE_TOOLS=1` they fail.

// A broken network should end a test loudly, and one that takes too long is broken.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)]

mod expected;
mod failures;
mod healthy;
mod http;
mod lapse;
mod mailbox;
mod past;
mod pattern;
mod program;
mod run;
mod simulator;
mod spoiled;
mod stage;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Completion, Trial};

/// Trials of a module: name and function.
pub type Trials = &'static [(&'static str, fn())];

/// A list of trials that bear the names of their functions.
macro_rules! trials {
    ($($name:ident)*) => {
        pub const TRIALS: crate::Trials = &[$((stringify!($name), $name)),*];
    };
}
pub(crate) use trials;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for (module, list) in [("lapse", lapse::TRIALS), ("pattern", pattern::TRIALS)] {
        trials.extend(list.iter().map(|(name, test)| {
            Trial::test(format!("{module}::{name}"), move || {
                test();
                Ok(())
            })
        }));
    }
    let live: Trials = &[
        ("every_failure_is_told", every_failure_is_told),
        ("spoiled_bundles_are_noticed", spoiled::spoiled_bundles_are_noticed),
    ];
    trials.extend(live.iter().map(|(name, test)| needing_programs(name, *test)));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn needing_programs(name: &str, test: fn()) -> Trial {
    let missing: Vec<&str> = stage::PROGRAMS
        .iter()
        .filter(|(_, names)| program::find(names).is_none())
        .map(|(name, _)| *name)
        .collect();
    let required = std::env::var_os("NETGEN_REQUIRE_TOOLS").is_some_and(|value| value == "1");
    let need = format!("needs {}; .ci/install-readers installs it", missing.join(" and "));
    let there = missing.is_empty();
    Trial::ignorable_test(format!("live::{name}"), move || {
        if there {
            test();
            Ok(Completion::Completed)
        } else if required {
            Err(need.into())
        } else {
            Ok(Completion::ignored_with(format!("left out: {need}")))
        }
    })
}

/// How often it is tried on a machine that is too busy.
pub const TRIES: u32 = 3;

fn every_failure_is_told() {
    for left in (0..TRIES).rev() {
        let mut stage = stage::Stage::set(|_| {});
        let mut run = run::Run::start(&mut stage, Duration::from_secs(90));
        run.quiet(Duration::from_secs(10));
        run.rounds(&failures::ALL.iter().collect::<Vec<_>>());
        let mut outcome = run.end();
        if outcome.stalls > 0 {
            let line = format!("{} times Prometheus had no time for itself", outcome.stalls);
            outcome.story.push(line);
        }
        show(&outcome.story);
        if outcome.complaints.is_empty() {
            return;
        }
        // What nobody broke was down, too: the complaints are true of this machine, not of the network.
        let again = outcome.stalls > 0 && left > 0;
        assert!(again, "{}\n{}", listed(&outcome), stage.last_words());
        show(&[listed(&outcome), "this machine was too busy: once more".to_owned()]);
    }
}

/// What happened, for a person who looks on.
pub fn show(story: &[String]) {
    // Nowhere to report a standard error that cannot be written to.
    _ = writeln!(std::io::stderr(), "{}", story.join("\n"));
}

/// All complaints.
pub fn listed(outcome: &run::Outcome) -> String {
    let lines = outcome.complaints.iter().map(|(about, complaint)| format!("{about}: {complaint}\n"));
    lines.collect()
}
