//! Programs that a test may need: left out with a word where they are missing, unless they must be there.

#![allow(dead_code, reason = "not every test uses all of it")]

#[path = "../conformance/bench.rs"]
mod bench;

use std::path::Path;
use std::process::{Command, Output};

pub use self::bench::{Bench, Fault, Tool};

/// A program, ready to be told what to read; `None` where it is missing and may be.
pub fn program(name: &str) -> Option<Tool> {
    match Bench::new().and_then(|bench| bench.tool(name)) {
        Ok(tool) => Some(tool),
        Err(Fault::Missing(need)) if !required() => {
            eprintln!("left out: {need}");
            None
        }
        Err(fault) => panic!("{}", fault.text()),
    }
}

/// Whether all of these are there.
pub fn all_there(names: &[&str]) -> bool {
    names.iter().all(|name| program(name).is_some())
}

/// A `PATH` on which this netgen comes first, then a folder of stand-ins, then what the readers need.
pub fn path_with(stand_ins: &Path) -> String {
    let netgen = Path::new(env!("CARGO_BIN_EXE_netgen")).parent().unwrap().display().to_string();
    let readers =
        std::env::var_os("NETGEN_READERS").map(|r| format!("{}/bin:", r.display())).unwrap_or_default();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/readers/bin");
    let rest = std::env::var_os("PATH").unwrap();
    let rest = rest.display();
    format!("{}:{netgen}:{readers}{}:{rest}", stand_ins.display(), own.display())
}

/// Git, with no settings of the user's.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let done = Command::new("git")
        .current_dir(folder)
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.net", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(done.status.success(), "git {arguments:?}: {}", said(&done));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

/// All that a program said.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn required() -> bool {
    std::env::var_os("NETGEN_REQUIRE_TOOLS").is_some_and(|value| value == "1")
}
