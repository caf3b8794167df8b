//! What netgen gives to those who review networks in CI: hooks, an action, jobs, a container file. Each is
//! read by the program that will read it, and run for real as far as that can be done on one machine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::print_stderr
)]

mod action;
mod advisories;
mod container;
mod gitlab;
mod hooks;
#[path = "../common/program.rs"]
mod program;
mod readers;
mod size;
#[path = "../common/tools.rs"]
mod tools;

use std::fs;
use std::path::{Path, PathBuf};

use serde_yaml::Value;

/// The top of the project.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn yaml(path: &str) -> Value {
    serde_yaml::from_str(&text(path)).unwrap()
}

/// A repository with the smallest example and its bundle, on its main branch.
fn network() -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("network");
    fs::create_dir(&folder).unwrap();
    for file in ["network.yaml", "netgen.lock"] {
        fs::copy(root().join("examples/minimal").join(file), folder.join(file)).unwrap();
    }
    let mut netgen = std::process::Command::new(env!("CARGO_BIN_EXE_netgen"));
    let built = netgen.current_dir(&folder).env_clear().args(["build", "--quiet"]).output().unwrap();
    assert!(built.status.success(), "{}", tools::said(&built));
    tools::git(&folder, &["init", "--quiet"]);
    tools::git(&folder, &["add", "--all"]);
    tools::git(&folder, &["commit", "--quiet", "--message", "a network"]);
    (home, folder)
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(path, text.replace(from, to)).unwrap();
}

/// A program in the place of a real one.
fn stand_in(folder: &Path, name: &str, script: &str) {
    program::write(&folder.join(name), format!("#!/usr/bin/env bash\nset -euo pipefail\n{script}"));
}
