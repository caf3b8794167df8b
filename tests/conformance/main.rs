//! Every bundle is held against the programs that will read it on a real host.
//!
//! What netgen emits is only right if Compose, systemd, Prometheus, Ansible and
//! the others take it, so each of them reads every example's bundle here. Trials:
//!
//! * `<example>::build` and `<example>::<reader>`: the reader accepts the bundle;
//! * `mutants`: the tests of the alerts of all examples notice when an alert is broken;
//! * `coverage::<reader>`: at least one example has something for the reader;
//! * `good::<sample>::<reader>` and `broken::<reader>::<case>`: the check itself
//!   works. It takes a right file and rejects a wrong one, for the right reason.
//!
//! A check whose program is not installed is left out and says so; with
//! `NETGEN_REQUIRE_TOOLS=1` it fails. `.ci/install-readers` installs all of them.
//!
//! To add a reader: one file in `readers/`, one line in [`readers::ALL`], and
//! samples in `good/` and `broken/<reader>/`. A broken case is a small bundle
//! with an `expect.txt` beside it: words that the rejection must hold.

mod bench;
mod editor;
mod files;
#[path = "../common/mutants.rs"]
mod mutants;
mod mutation;
mod readers;
mod samples;
mod suite;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    match suite::Suite::new().map(Arc::new) {
        Ok(suite) => {
            let conclusion = libtest_mimic::run(&arguments, suite::trials(&suite));
            suite.tell_what_took_long();
            suite.tell_what_was_left_out();
            conclusion.exit_code()
        }
        Err(fault) => {
            // Nowhere to report a standard error that cannot be written to.
            _ = writeln!(std::io::stderr(), "conformance: {}", fault.text());
            ExitCode::FAILURE
        }
    }
}
