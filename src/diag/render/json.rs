//! One JSON document with every finding: for scripts.

use schemars::JsonSchema;
use serde::Serialize;

use super::count;
use super::place::{Place, places};
use crate::diag::{Diagnostic, Severity};
use crate::text::{LineColumn, SourceMap};

/// The version of the document; it changes only when a reader could break.
pub const VERSION: u32 = 1;

/// The findings of one run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The version of this format: 1.
    pub version: u32,
    /// Every finding, by place.
    pub diagnostics: Vec<Finding>,
    /// How many there are.
    pub summary: Summary,
}

/// One finding.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// `NG` and four digits.
    pub code: String,
    /// The name of the rule in kebab case.
    pub name: String,
    /// How bad it is.
    pub severity: Word,
    /// What is wrong.
    pub message: String,
    /// Where, and which line decided it; empty for a finding that stands in no file.
    pub labels: Vec<Mark>,
    /// What to do about it, each an action.
    pub help: Vec<String>,
    /// The exception that the manifest makes; such a finding counts for nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived: Option<Exception>,
}

/// An exception from a rule.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Exception {
    /// Why the finding is let through.
    pub reason: String,
    /// The last day on which it is, as `YYYY-MM-DD`.
    pub until: String,
}

/// The severity in words.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Word {
    /// The build goes on.
    Warning,
    /// The build stops.
    Error,
}

/// A range in a file with a remark.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Mark {
    /// The file as it was named on the command line; `<stdin>` for standard input.
    pub file: String,
    /// The remark; empty where the message says it all.
    pub text: String,
    /// Whether this is the thing to change.
    pub primary: bool,
    /// The first character.
    pub start: Point,
    /// One past the last character.
    pub end: Point,
}

/// A position in a file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Point {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters (Unicode scalar values), from 1.
    pub column: usize,
    /// The offset in bytes, from 0.
    pub offset: usize,
}

/// How many findings there are.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// Findings that stop the build.
    pub errors: usize,
    /// Findings that do not.
    pub warnings: usize,
    /// Findings that the manifest makes an exception for.
    pub waived: usize,
}

impl Report {
    /// Collects findings in the order they are given.
    pub fn new(diagnostics: &[Diagnostic], sources: &SourceMap) -> Self {
        Self {
            version: VERSION,
            diagnostics: diagnostics.iter().map(|d| Finding::new(d, sources)).collect(),
            summary: Summary {
                errors: count(diagnostics, Severity::Error),
                warnings: count(diagnostics, Severity::Warning),
                waived: diagnostics.iter().filter(|d| d.waived.is_some()).count(),
            },
        }
    }
}

impl Finding {
    fn new(diagnostic: &Diagnostic, sources: &SourceMap) -> Self {
        Self {
            code: diagnostic.rule.code.to_owned(),
            name: diagnostic.rule.name.to_owned(),
            severity: match diagnostic.severity {
                Severity::Warning => Word::Warning,
                Severity::Error => Word::Error,
            },
            message: diagnostic.message.clone(),
            labels: places(diagnostic, sources).iter().map(Mark::new).collect(),
            help: diagnostic.help.clone(),
            waived: diagnostic
                .waived
                .as_ref()
                .map(|waived| Exception { reason: waived.reason.clone(), until: waived.until.clone() }),
        }
    }
}

impl Mark {
    fn new(place: &Place<'_>) -> Self {
        let point = |at: LineColumn, offset| Point { line: at.line, column: at.column, offset };
        Self {
            file: place.source.name().to_owned(),
            text: place.remark.to_owned(),
            primary: place.primary,
            start: point(place.start(), place.bytes.start),
            end: point(place.end(), place.bytes.end),
        }
    }
}

pub(super) fn render(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    // Strings and numbers only: the serializer has nothing to refuse.
    let mut text = serde_json::to_string_pretty(&Report::new(diagnostics, sources)).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn the_mixed_example() {
        let (found, sources) = fixture::mixed();
        fixture::same(&render(&found, &sources), include_str!("golden/mixed.json"));
    }

    #[test]
    fn nothing_found_is_a_document_too() {
        let value: serde_json::Value = serde_json::from_str(&render(&[], &SourceMap::default())).unwrap();
        assert_eq!(
            value,
            serde_json::json!({"version": 1, "diagnostics": [], "summary": {"errors": 0, "warnings": 0, "waived": 0}})
        );
    }
}
