//! Bad manifests, one mistake each, and what netgen says about them.
//!
//! A case is a file `tests/corpus/<area>/<name>.{yaml,toml,json}`, or a folder with a `network.*` where
//! several files are needed. Its golden output, `<name>.txt`, is the report for people at 80 columns;
//! `NETGEN_UPDATE=1 cargo test --test corpus` writes it anew.
//!
//! What must be found stands in the case itself, as comment lines (for JSON, and where a comment cannot
//! stand, in `<name>.expect`):
//!
//! ```yaml
//! # error NG0201: host: «val-eu-3»
//! # why: only where more than one error is right: what makes it so
//! ```
//!
//! The guillemets mark the text under the primary span, the words around them are its surroundings in
//! the file; without guillemets all of it is the marked text. Every error must be announced, and every
//! announced finding must be there. Further directives: `# secret: <text>` for what no report may show, `# file: <path in the folder>` for a finding in
//! another file than the manifest, `# exit: <code>`, `# run: build`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

#[path = "corpus/case.rs"]
mod case;
#[path = "corpus/formats.rs"]
mod formats;

use std::fs;
use std::process::Command;

use case::{Case, cases, folder};
use netgen::diag::render::{Format, render};
use netgen::diag::{Diagnostic, Severity};

/// Fewer are not enough to call it a corpus.
const AT_LEAST: usize = 150;

/// A golden file as it should be, or what is wrong with the case.
fn judge(case: &Case) -> Result<String, String> {
    let compiled = case.compile();
    let shown =
        render(Format::Human { width: 80, color: false }, &compiled.diagnostics, &compiled.sources, &[]);
    let fail = |why: String| Err(format!("{}: {why}\n{shown}", case.name));
    if case.expected.is_empty() {
        return fail("announces no finding".to_owned());
    }
    let mut left: Vec<&Diagnostic> = compiled.diagnostics.iter().collect();
    for expected in &case.expected {
        let Some(at) = left.iter().position(|found| expected.is(found, &compiled.sources, &case.files))
        else {
            return fail(format!("announces {expected}, which is not found"));
        };
        let found = left.remove(at);
        if found.help.is_empty() {
            return fail(format!("{expected} has no help"));
        }
    }
    if let Some(more) = left.iter().find(|found| found.severity == Severity::Error) {
        return fail(format!("has an error that it does not announce: {} {}", more.rule.code, more.message));
    }
    let errors = case.expected.iter().filter(|e| e.severity == Severity::Error).count();
    if errors > 1 && !case.why {
        return fail("has several errors and does not say why".to_owned());
    }
    Ok(shown)
}

#[test]
fn every_mistake_is_told_as_it_should_be() {
    let update = std::env::var_os("NETGEN_UPDATE").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let shown = match judge(&case) {
            Ok(shown) => shown,
            Err(why) => {
                wrong.push(why);
                continue;
            }
        };
        let golden = fs::read_to_string(&case.golden).unwrap_or_default();
        if golden == shown {
            continue;
        }
        if update {
            fs::write(&case.golden, shown).unwrap();
        } else {
            let diff = similar::TextDiff::from_lines(&golden, &shown);
            let diff = diff.unified_diff().header("golden", "now").to_string();
            wrong.push(format!("{}: differs from its golden file\n{diff}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} cases are wrong:\n\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_corpus_is_large_and_nothing_in_it_is_left_over() {
    let cases = cases();
    assert!(cases.len() >= AT_LEAST, "{} cases", cases.len());
    let goldens: Vec<_> = cases.iter().map(|case| case.golden.clone()).collect();
    for area in
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        for file in fs::read_dir(area).unwrap().map(|entry| entry.unwrap().path()) {
            let golden = file.extension().is_some_and(|ending| ending == "txt");
            assert!(!golden || goldens.contains(&file), "{} belongs to no case", file.display());
        }
    }
}

#[test]
fn all_formats_say_the_same() {
    let wrong: Vec<String> = cases()
        .iter()
        .filter_map(|case| formats::compare(&case.compile()).err().map(|why| format!("{}: {why}", case.name)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_report_shows_a_secret() {
    let mut count = 0;
    for case in cases() {
        let Some(secret) = &case.secret else { continue };
        let compiled = case.compile();
        let human = Format::Human { width: 200, color: false };
        for format in [human, Format::Json, Format::Sarif, Format::Github] {
            let text = render(format, &compiled.diagnostics, &compiled.sources, &[]);
            assert!(!text.contains(secret), "{}: {format:?}\n{text}", case.name);
        }
        count += 1;
    }
    assert!(count >= 5, "{count} cases hold a secret");
}

/// The program finds what the library finds, and ends with the code that follows.
#[test]
fn the_exit_code_follows() {
    let out = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for case in cases() {
        let mut command = Command::new(env!("CARGO_BIN_EXE_netgen"));
        command.current_dir(folder()).env_clear().args(["--format", "json"]);
        if case.build {
            command.args(["build", &case.manifest, "--out"]).arg(out.path().join("bundle"));
        } else {
            command.args(["check", &case.manifest]);
        }
        let done = command.output().unwrap();
        let compiled = case.compile();
        let expected = render(Format::Json, &compiled.diagnostics, &compiled.sources, &[]);
        if done.status.code() != Some(case.exit) {
            wrong.push(format!("{}: {:?} instead of {}", case.name, done.status, case.exit));
        } else if String::from_utf8_lossy(&done.stdout) != expected {
            wrong.push(format!("{}: the program says something else than the library", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The judge itself is judged: it refuses what it should.
#[test]
fn a_case_that_says_something_wrong_is_refused() {
    let manifest = "netgen: 1\nnetwork: { name: é, chain: hodi }\n";
    let judged = |header: &str| judge(&Case::of("broken.yaml", &format!("{header}{manifest}")));
    let both = "# error NG0104: name: «é»\n# error NG0201: hodi\n";
    assert!(judged(&format!("{both}# why: two mistakes\n")).is_ok());
    for (header, why) in [
        ("", "announces no finding"),
        (both, "does not say why"),
        ("# error NG0104: é\n", "does not announce"),
        ("# error NG0104: é\n# error NG0201: hod\n", "is not found"),
        ("# error NG0104: é\n# error NG0201: chains: «hodi»\n", "is not found"),
        ("# error NG0104: é\n# error NG0202: hodi\n", "is not found"),
        ("# error NG0104: é\n# warning NG0201: hodi\n", "is not found"),
    ] {
        let refused = judged(header).expect_err(header);
        assert!(refused.contains(why), "{header}: {refused}");
    }
}
