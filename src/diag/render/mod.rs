//! One renderer a format. All take the same findings; none decides anything, none prints.

mod excerpt;
mod github;
mod gitlab;
mod human;
mod place;

pub mod json;
pub mod sarif;

#[cfg(test)]
mod fixture;

use super::{Diagnostic, Rule, Severity};
use crate::text::SourceMap;

/// How findings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text for a terminal: the lines of the source with the labels drawn below them.
    Human {
        /// The width to wrap at, in columns; below 40 counts as 40.
        width: usize,
        /// Whether ANSI colours are used.
        color: bool,
    },
    /// One JSON document, see [`json::Report`].
    Json,
    /// SARIF 2.1.0, see [`sarif::Log`].
    Sarif,
    /// Workflow commands of GitHub Actions, one line a finding.
    Github,
    /// A Code Quality report of GitLab.
    Gitlab,
}

/// Renders findings in the order they are given.
///
/// `rules` are all rules the tool knows, found or not: SARIF describes each of them once. Waived
/// findings are only in the formats that can say that they are waived: JSON and SARIF.
pub fn render(
    format: Format,
    diagnostics: &[Diagnostic],
    sources: &SourceMap,
    rules: &[&'static Rule],
) -> String {
    match format {
        Format::Human { width, color } => human::render(diagnostics, sources, width, color),
        Format::Json => json::render(diagnostics, sources),
        Format::Sarif => sarif::render(diagnostics, sources, rules),
        Format::Github => github::render(diagnostics, sources),
        Format::Gitlab => gitlab::render(diagnostics, sources),
    }
}

/// How many findings of a severity there are, waived ones left out.
fn count(diagnostics: &[Diagnostic], severity: Severity) -> usize {
    diagnostics.iter().filter(|d| d.severity == severity && d.waived.is_none()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_takes_the_same_findings() {
        let (found, sources) = fixture::mixed();
        for format in [
            Format::Human { width: 80, color: true },
            Format::Json,
            Format::Sarif,
            Format::Github,
            Format::Gitlab,
        ] {
            let text = render(format, &found, &sources, fixture::RULES);
            let can_say_so = matches!(format, Format::Json | Format::Sarif);
            for diagnostic in &found {
                let shown = can_say_so || diagnostic.waived.is_none();
                assert_eq!(text.contains(diagnostic.rule.code), shown, "{format:?}");
            }
            assert!(text.ends_with('\n'), "{format:?}");
        }
    }
}
