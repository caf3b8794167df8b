//! Where every stage reports.

use std::collections::BTreeSet;

use super::{Diagnostic, Rule, Severity};

/// Collects the findings of a run. Stages only add; the end of the run sorts and shows.
#[derive(Debug, Default)]
pub struct Sink {
    found: Vec<Diagnostic>,
}

impl Sink {
    /// An empty sink.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Whether an error was reported.
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|d| d.severity == Severity::Error)
    }

    /// Whether one of these rules was broken.
    pub fn has_any(&self, rules: &[&Rule]) -> bool {
        self.found.iter().any(|found| rules.contains(&found.rule))
    }

    /// How many findings of a severity there are.
    pub fn count(&self, severity: Severity) -> usize {
        self.found.iter().filter(|d| d.severity == severity).count()
    }

    /// How many findings there are.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All findings by place, then code. Repetitions are dropped: what one line does to each of forty nodes
    /// is one finding.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.found
            .sort_by(|a, b| (a.span(), a.rule.code, &a.message).cmp(&(b.span(), b.rule.code, &b.message)));
        let mut seen = BTreeSet::new();
        self.found.retain(|found| {
            let remark = found.labels.first().map(|label| label.text.clone()).filter(|text| !text.is_empty());
            let said = remark.unwrap_or_else(|| found.message.clone());
            seen.insert((found.span(), found.rule.code, said))
        });
        self.found
    }
}

impl Extend<Diagnostic> for Sink {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, iter: I) {
        self.found.extend(iter);
    }
}
