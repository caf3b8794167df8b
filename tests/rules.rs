//! The documentation of the rules is run: each Bad manifest breaks its rule, each Good one does not.
//!
//! A fenced block starts an example; the word behind the fence is the ending of its manifest. A block
//! with `file=<path>` adds a file to the example before it. An example with a lock is built as locked;
//! a block with `file=arguments` holds options of the command line.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;

use netgen::check::reference::{Part, parts};
use netgen::check::registry::all_rules;
use netgen::diag::{Diagnostic, Rule, Severity};
use netgen::manifest::Date;
use netgen::world::MemoryWorld;
use netgen::{Input, Options, compile};

const LOCK: &str = "netgen.lock";
const ARGUMENTS: &str = "arguments";

/// The files of one example; the first is the manifest.
type Example = Vec<(String, String)>;

/// The examples under a heading of a rule's page.
fn examples(docs: &str, heading: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut inside = false;
    for part in parts(docs) {
        match part {
            Part::Heading(found) => inside = found == heading,
            Part::Block { file: Some(path), text, .. } if inside => {
                examples.last_mut().unwrap().push((path.to_owned(), text));
            }
            Part::Block { file: None, syntax, text } if inside => {
                examples.push(vec![(format!("network.{syntax}"), text)]);
            }
            Part::Block { .. } | Part::Text(_) => {}
        }
    }
    examples
}

fn findings(example: &Example) -> Vec<Diagnostic> {
    let mut input = Input::new(example[0].0.as_str());
    let arguments = example.iter().find(|(path, _)| path == ARGUMENTS);
    for line in arguments.iter().flat_map(|(_, text)| text.lines()) {
        match line.split_once(' ').unwrap() {
            ("--set", value) => input.sets.push(value.to_owned()),
            ("--var", value) => input.variables.push(value.to_owned()),
            other => panic!("{other:?}"),
        }
    }
    let world = MemoryWorld::new(example.iter().cloned());
    let locked = example.iter().any(|(path, _)| path == LOCK);
    let as_of = Date::parse("2026-11-21");
    let options = Options { allow_unlocked: !locked, as_of, ..Options::default() };
    compile(&world, &input, options).diagnostics
}

fn told(findings: &[&Diagnostic]) -> Vec<String> {
    findings.iter().map(|d| format!("{} {}", d.rule.code, d.message)).collect()
}

/// Rules about what registries and other tools say. No example of a manifest shows them; tests/registry and
/// tests/import.rs do.
const OF_OTHERS: [&str; 3] = ["image-not-resolved", "moved-tag", "not-imported"];

/// What is wrong with the examples of a rule.
fn complaints(rule: &'static Rule) -> Vec<String> {
    let mut wrong = Vec::new();
    let (bad, good) = (examples(rule.docs, "Bad"), examples(rule.docs, "Good"));
    for (heading, examples) in [("Bad", &bad), ("Good", &good)] {
        if examples.is_empty() {
            wrong.push(format!("{} has no example under {heading}", rule.code));
        }
    }
    for example in &bad {
        let found = findings(example);
        let (own, others): (Vec<&Diagnostic>, Vec<&Diagnostic>) = found.iter().partition(|d| d.rule == rule);
        // A mistake in the text, the shape or a reference has not even warnings in its wake.
        let early = rule.code < "NG0210";
        let others: Vec<&Diagnostic> =
            others.into_iter().filter(|d| early || d.severity == Severity::Error).collect();
        let manifest = &example[0].1;
        if OF_OTHERS.contains(&rule.name) {
            continue;
        }
        if own.is_empty() {
            wrong.push(format!("{} is not found in\n{manifest}\nfound: {:?}", rule.code, told(&others)));
        } else if !others.is_empty() {
            wrong.push(format!("{}: other findings {:?} in\n{manifest}", rule.code, told(&others)));
        }
        if own.iter().any(|d| d.help.is_empty()) {
            wrong.push(format!("{} does not say what to do in\n{manifest}", rule.code));
        }
    }
    for example in &good {
        // What one rule calls good, no other may refuse. Advice on the rest of a network is another matter:
        // the example of one rule is not a whole production network.
        let found = findings(example);
        let found: Vec<&Diagnostic> =
            found.iter().filter(|d| d.waived.is_none() && (d.rule == rule || d.is_error())).collect();
        if !found.is_empty() {
            wrong.push(format!("{}: the good example gives {:?}\n{}", rule.code, told(&found), example[0].1));
        }
    }
    wrong
}

#[test]
fn bad_examples_break_their_rule_alone_and_good_ones_are_clean() {
    let wrong: Vec<String> = all_rules().into_iter().flat_map(complaints).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// A page without examples, or with the wrong ones, is told.
#[test]
fn a_rule_that_its_page_does_not_show_is_found() {
    use netgen::diag::Level;
    static SILENT: Rule =
        Rule { code: "NG9999", name: "silent", level: Level::Deny, summary: "nothing", docs: "## What\n" };
    static FALSE: Rule = Rule {
        code: "NG9998",
        name: "false",
        level: Level::Deny,
        summary: "nothing",
        docs: "## Bad\n```yaml\nnetgen: 1\nnetwork: { name: a, chain: hoodi }\n```\n\
               ## Good\n```json\n{}\n```\n",
    };
    assert_eq!(complaints(&SILENT).len(), 2);
    let wrong = complaints(&FALSE);
    assert!(wrong[0].starts_with("NG9998 is not found"), "{wrong:?}");
    assert!(wrong[1].contains("the good example gives"), "{wrong:?}");
}

#[test]
fn the_registry_is_in_order() {
    let rules = all_rules();
    let names: BTreeSet<&str> = rules.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), rules.len(), "a name stands twice");
    for pair in rules.windows(2) {
        assert!(pair[0].code < pair[1].code, "{} and {}", pair[0].code, pair[1].code);
    }
    for rule in rules {
        let digits = rule.code.strip_prefix("NG").unwrap();
        assert!(digits.len() == 4 && digits.chars().all(|c| c.is_ascii_digit()), "{}", rule.code);
        assert!(rule.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", rule.name);
        assert!(!rule.summary.ends_with('.'), "{}", rule.code);
        let headings: Vec<&str> = parts(rule.docs)
            .into_iter()
            .filter_map(|part| match part {
                Part::Heading(heading) => Some(heading),
                Part::Text(_) | Part::Block { .. } => None,
            })
            .collect();
        assert_eq!(headings, ["What", "Why", "Bad", "Good"], "{}", rule.code);
    }
}
