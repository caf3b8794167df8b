//! Levels of rules and waivers: what counts, what is shown, and which exit code follows.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs;
use std::process::{Command, Output};

/// One warning: a region that nothing uses.
const WARNED: &str = "netgen: 1
network: { name: demo, chain: hoodi }
regions: { eu: {} }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
";

/// One error: a private interface that is open to all.
const EXPOSED: &str = "netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, expose: { engine-api: public } } }
";

fn run(manifest: &str, args: &[&str], env: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("network.yaml"), manifest).unwrap();
    Command::new(env!("CARGO_BIN_EXE_netgen"))
        .current_dir(folder.path())
        .env_clear()
        .envs(env.iter().copied())
        .arg("check")
        .args(args)
        .output()
        .unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(manifest: &str, args: &[&str]) -> serde_json::Value {
    let output = run(manifest, &[&["--format", "json"], args].concat(), &[]);
    serde_json::from_slice(&output.stdout).unwrap()
}

fn waiver(manifest: &str, entry: &str) -> String {
    format!("{manifest}waivers:\n  - {entry}\n")
}

#[test]
fn a_rule_is_raised_lowered_and_left_out() {
    assert_eq!(code(&run(WARNED, &[], &[])), 0);
    assert_eq!(code(&run(WARNED, &["--deny", "NG0214"], &[])), 1);
    assert_eq!(code(&run(WARNED, &["--deny", "unused-definition"], &[])), 1);
    assert_eq!(code(&run(WARNED, &["--deny", "warnings"], &[])), 1);
    assert_eq!(code(&run(WARNED, &[], &[("NETGEN_DENY", "warnings")])), 1);
    assert_eq!(code(&run(WARNED, &["--deny", "warnings", "--allow", "NG0214"], &[])), 0);
    let silent = run(WARNED, &["--allow", "ng0214"], &[]);
    assert_eq!((code(&silent), stderr(&silent).contains("NG0214")), (0, false));
    assert_eq!(code(&run(EXPOSED, &[], &[])), 1);
    let lowered = run(EXPOSED, &["--warn", "NG0401"], &[]);
    assert_eq!((code(&lowered), stderr(&lowered).contains("warning NG0401")), (0, true));
}

#[test]
fn levels_that_make_no_sense_are_refused() {
    for (args, wanted) in [
        (&["--deny", "NG9999"][..], "there is no rule `NG9999`"),
        (&["--allow", "unused-defintion"], "did you mean `unused-definition`?"),
        (&["--allow", "unknown-key"], "is always an error"),
        (&["--deny", "NG0214", "--allow", "unused-definition"], "was given another level before"),
        (&["--as-of", "2027-02-30"], "YYYY-MM-DD"),
    ] {
        let output = run(WARNED, args, &[]);
        assert_eq!(code(&output), 2, "{args:?}");
        assert!(stderr(&output).contains(wanted), "{args:?}: {}", stderr(&output));
    }
}

#[test]
fn a_waiver_lets_through_what_it_names_and_nothing_else() {
    let entry = "{ rule: NG0401, at: services.el, reason: a test bench without a way in, until: 2027-01-31 }";
    let waived = waiver(EXPOSED, entry);
    let output = run(&waived, &["--as-of", "2027-01-31"], &[]);
    assert_eq!((code(&output), stderr(&output).contains("NG0401")), (0, false), "{}", stderr(&output));
    assert!(stderr(&output).contains("1 waived"), "{}", stderr(&output));

    let report = json(&waived, &["--as-of", "2027-01-31"]);
    assert_eq!(report["summary"], serde_json::json!({ "errors": 0, "warnings": 0, "waived": 1 }));
    assert_eq!(report["diagnostics"][0]["waived"]["reason"], "a test bench without a way in");

    let sarif = run(&waived, &["--as-of", "2027-01-31", "--format", "sarif"], &[]);
    let log: serde_json::Value = serde_json::from_slice(&sarif.stdout).unwrap();
    assert_eq!(log["runs"][0]["results"][0]["suppressions"][0]["kind"], "inSource");

    let github = run(&waived, &["--as-of", "2027-01-31", "--format", "github"], &[]);
    assert!(github.stdout.is_empty());

    // The same waiver for another part: the finding stands, and the waiver has no use.
    let elsewhere = waiver(EXPOSED, &entry.replace("services.el", "hosts.a"));
    let output = run(&elsewhere, &["--as-of", "2027-01-31"], &[]);
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("NG0401") && stderr(&output).contains("NG0902"), "{}", stderr(&output));
}

#[test]
fn a_waiver_ends_on_its_day() {
    let entry = "{ rule: NG0401, reason: a test bench without a way in, until: 2027-01-31 }";
    let waived = waiver(EXPOSED, entry);
    let late = run(&waived, &["--as-of", "2027-02-01"], &[]);
    assert_eq!(code(&late), 1);
    assert!(stderr(&late).contains("NG0901") && stderr(&late).contains("NG0401"), "{}", stderr(&late));
    // The last second of its last day, and the first of the next.
    assert_eq!(code(&run(&waived, &[], &[("SOURCE_DATE_EPOCH", "1801439999")])), 0);
    assert_eq!(code(&run(&waived, &[], &[("SOURCE_DATE_EPOCH", "1801440000")])), 1);
}

#[test]
fn a_waiver_that_can_have_no_effect_is_an_error() {
    for (entry, wanted) in [
        ("{ rule: port-colision, reason: long enough, until: 2999-01-01 }", "did you mean `port-collision`?"),
        ("{ rule: NG0103, reason: long enough, until: 2999-01-01 }", "cannot be waived"),
        (
            "{ rule: NG0214, at: hosts.b, reason: long enough, until: 2999-01-01 }",
            "the manifest has no `hosts.b`",
        ),
        ("{ rule: NG0214, reason: long enough, until: 2999-02-30 }", "no day of the calendar"),
        ("{ rule: NG0214, reason: short, until: 2999-01-01 }", "at least 8 letters"),
    ] {
        let output = run(&waiver(WARNED, entry), &[], &[]);
        assert_eq!(code(&output), 1, "{entry}");
        assert!(stderr(&output).contains(wanted), "{entry}: {}", stderr(&output));
    }
}

#[test]
fn a_format_never_changes_the_exit_code() {
    for (manifest, wanted) in [(WARNED, 0), (EXPOSED, 1)] {
        for format in ["human", "json", "sarif", "github"] {
            assert_eq!(code(&run(manifest, &["--format", format], &[])), wanted, "{format}");
        }
    }
}

#[test]
fn the_json_report_is_as_its_schema_says() {
    let schema = Command::new(env!("CARGO_BIN_EXE_netgen")).args(["schema", "diagnostics"]).output().unwrap();
    let schema: serde_json::Value = serde_json::from_slice(&schema.stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let waived =
        waiver(EXPOSED, "{ rule: NG0401, reason: a test bench without a way in, until: 2999-01-31 }");
    for manifest in [WARNED, EXPOSED, &waived, "netgen: [", ""] {
        let report = json(manifest, &[]);
        assert!(validator.is_valid(&report), "{report:#}");
    }
    // And it is no schema that takes everything.
    let mut wrong = json(EXPOSED, &[]);
    wrong["diagnostics"][0]["severity"] = "fatal".into();
    assert!(!validator.is_valid(&wrong));
}
