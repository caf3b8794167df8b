//! The documentation of the rules is run: each Bad manifest breaks its rule, each Good one does not.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use netgen::check::registry::{CHECKS, all_rules};
use netgen::diag::Severity;
use netgen::manifest::Date;
use netgen::world::MemoryWorld;
use netgen::{Input, Options, compile_to_plan};

/// The fenced blocks under a heading of a rule's page.
fn blocks(docs: &str, heading: &str) -> Vec<String> {
    let Some((_, rest)) = docs.split_once(&format!("## {heading}\n")) else { return Vec::new() };
    let section = rest.split("\n## ").next().unwrap_or("");
    section
        .split("```yaml\n")
        .skip(1)
        .filter_map(|part| part.split("```").next())
        .map(str::to_owned)
        .collect()
}

/// The codes that a manifest gets, with severity.
fn codes(manifest: &str) -> Vec<(String, Severity)> {
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    let compilation = compile_to_plan(
        &world,
        &Input::new("network.yaml"),
        Options { allow_unlocked: true, as_of: Date::parse("2026-11-21"), ..Options::default() },
    );
    compilation.diagnostics.iter().map(|d| (d.rule.code.to_owned(), d.severity)).collect()
}

#[test]
fn bad_examples_break_their_rule_and_only_theirs() {
    for check in CHECKS {
        let bad = blocks(check.rule.docs, "Bad");
        assert!(!bad.is_empty(), "{} has no bad example", check.rule.code);
        for manifest in bad {
            let found = codes(&manifest);
            assert!(
                found.iter().any(|(code, _)| code == check.rule.code),
                "{} is not found in\n{manifest}\nfound: {found:?}",
                check.rule.code
            );
            let others: Vec<_> = found
                .iter()
                .filter(|(code, severity)| code != check.rule.code && *severity == Severity::Error)
                .collect();
            assert!(others.is_empty(), "the bad example of {} has other errors: {others:?}", check.rule.code);
        }
    }
}

#[test]
fn good_examples_are_clean() {
    for check in CHECKS {
        let good = blocks(check.rule.docs, "Good");
        assert!(!good.is_empty(), "{} has no good example", check.rule.code);
        for manifest in good {
            let found: Vec<_> = codes(&manifest)
                .into_iter()
                .filter(|(code, severity)| code == check.rule.code || *severity == Severity::Error)
                .collect();
            assert!(found.is_empty(), "the good example of {} gives {found:?}\n{manifest}", check.rule.code);
        }
    }
}

#[test]
fn the_registry_is_in_order() {
    let rules = all_rules();
    for pair in rules.windows(2) {
        assert!(pair[0].code < pair[1].code, "{} and {}", pair[0].code, pair[1].code);
    }
    for rule in rules {
        let digits = rule.code.strip_prefix("NG").unwrap();
        assert!(digits.len() == 4 && digits.chars().all(|c| c.is_ascii_digit()), "{}", rule.code);
        assert!(rule.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", rule.name);
        assert!(rule.docs.contains("## What\n") && rule.docs.contains("## Why\n"), "{}", rule.code);
        assert!(!rule.summary.ends_with('.'), "{}", rule.code);
    }
}
