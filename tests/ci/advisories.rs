//! `.ci/advisories`, against a database of advisories on this machine: what is known against a crate of
//! ours fails, what is fixed does not, and a database out of reach is told and is no failure.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::tools::{all_there, git, said};
use super::{root, text};

/// No name that ends so is ever found.
const DATABASE: &str = "https://advisories.invalid/database";

/// Runs the script with an advisory against `tar`, which netgen is built with.
fn run(home: &Path, patched: &str, reachable: bool) -> Output {
    let database = home.join("database");
    fs::create_dir_all(database.join("crates/tar")).unwrap();
    let sample = text("tests/ci/broken/advisory.md").replace("PATCHED", patched);
    fs::write(database.join("crates/tar/RUSTSEC-2099-0001.md"), sample).unwrap();
    git(&database, &["init", "--quiet"]);
    git(&database, &["add", "--all"]);
    git(&database, &["commit", "--quiet", "--message", "advisories"]);
    let places =
        format!("[advisories]\ndb-path = \"{}\"\ndb-urls = [\"{DATABASE}\"]", home.join("fetched").display());
    let config = home.join("deny.toml");
    fs::write(&config, text("deny.toml").replace("[advisories]", &places)).unwrap();
    let mut script = Command::new(root().join(".ci/advisories"));
    script.arg(&config).current_dir(root());
    if reachable {
        script
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", format!("url.file://{}.insteadOf", database.display()))
            .env("GIT_CONFIG_VALUE_0", DATABASE);
    }
    script.output().unwrap()
}

#[test]
fn an_advisory_fails_and_a_network_that_is_away_does_not() {
    if !all_there(&["cargo-deny", "git", "timeout"]) {
        return;
    }
    let home = || tempfile::tempdir().unwrap();
    let known = run(home().path(), "", true);
    assert_eq!(known.status.code(), Some(1), "{}", said(&known));
    assert!(said(&known).contains("RUSTSEC-2099-0001"), "{}", said(&known));
    let fixed = run(home().path(), "\">= 0.4.0\"", true);
    assert!(fixed.status.success() && !said(&fixed).contains("LEFT OUT"), "{}", said(&fixed));
    let away = run(home().path(), "", false);
    assert!(away.status.success() && said(&away).contains("LEFT OUT: "), "{}", said(&away));
}
