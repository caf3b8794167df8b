//! A Code Quality report, which GitLab compares with that of the target branch and shows in a merge request.
//!
//! Source: docs.gitlab.com/ci/testing/code_quality, "Code Quality report format".

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::place::places;
use crate::diag::{Diagnostic, Severity};
use crate::hashed::HashMap;
use crate::text::SourceMap;

/// One finding.
#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    /// From the top of the repository.
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    /// Counted from 1.
    begin: usize,
}

pub(super) fn render(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let mut twins = HashMap::default();
    let issues: Vec<Issue> = diagnostics
        .iter()
        .filter(|d| d.waived.is_none())
        .map(|diagnostic| issue(diagnostic, sources, &mut twins))
        .collect();
    // Names, numbers and lists of them always serialize.
    serde_json::to_string_pretty(&issues).unwrap_or_default() + "\n"
}

fn issue(diagnostic: &Diagnostic, sources: &SourceMap, twins: &mut HashMap<String, usize>) -> Issue {
    let places = places(diagnostic, sources);
    let primary = places.iter().find(|place| place.primary);
    let path = primary.map_or("", |place| place.source.name());
    let rule = diagnostic.rule;
    let mut description = format!("{}: {}", rule.code, diagnostic.message);
    for help in &diagnostic.help {
        description.push_str(&format!("; {help}"));
    }
    // The line is not in it: a finding that only moved is the same one.
    let same = format!("{}\0{path}\0{}", rule.code, diagnostic.message);
    let twin = twins.entry(same.clone()).and_modify(|count| *count += 1).or_insert(0);
    let digest = Sha256::digest(format!("{same}\0{twin}").as_bytes());
    Issue {
        description,
        check_name: rule.name.to_owned(),
        fingerprint: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        severity: match diagnostic.severity {
            Severity::Error => "critical",
            Severity::Warning => "minor",
        },
        location: Location {
            // GitLab shows no finding without a path.
            path: if path.is_empty() { "network.yaml" } else { path.strip_prefix("./").unwrap_or(path) }
                .to_owned(),
            lines: Lines { begin: primary.map_or(1, |place| place.start().line) },
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::fixture;
    use super::*;
    use crate::diag::codes;
    use crate::text::Span;

    #[test]
    fn the_mixed_example() {
        let (found, sources) = fixture::mixed();
        fixture::same(&render(&found, &sources), include_str!("golden/mixed.gitlab"));
    }

    #[test]
    fn a_finding_keeps_its_fingerprint_when_it_moves_and_has_one_of_its_own() {
        let prints = |text: &str| -> Vec<String> {
            let mut sources = SourceMap::default();
            let id = sources.add("./a.yaml", text);
            let at = |needle: usize| Span::new(id, needle, needle + 1);
            let found = [
                Diagnostic::new(&codes::SYNTAX, at(text.len() - 2), "wrong"),
                Diagnostic::new(&codes::SYNTAX, at(text.len() - 1), "wrong"),
            ];
            let report: serde_json::Value = serde_json::from_str(&render(&found, &sources)).unwrap();
            assert_eq!(report[0]["location"]["path"], "a.yaml");
            report.as_array().unwrap().iter().map(|i| i["fingerprint"].as_str().unwrap().to_owned()).collect()
        };
        let (before, after) = (prints("xy"), prints("\n\nxy"));
        assert_eq!(before, after);
        assert_eq!(before.iter().collect::<HashSet<_>>().len(), 2);
    }
}
