//! Where every stage reports.

use super::{Diagnostic, Level, Levels, Rule, Severity};
use crate::text::Span;

/// Collects the findings of a run. Stages only add; the end of the run sorts and shows.
#[derive(Debug, Default)]
pub struct Sink {
    found: Vec<Diagnostic>,
    levels: Levels,
    hidden: Vec<Span>,
}

impl Sink {
    /// An empty sink.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty sink that gives rules these levels.
    pub fn with_levels(levels: Levels) -> Self {
        Self { found: Vec::new(), levels, hidden: Vec::new() }
    }

    /// Adds a finding, with the level that its rule has in this run.
    pub fn push(&mut self, mut diagnostic: Diagnostic) {
        if let Some(severity) = self.levels.of(diagnostic.rule).severity() {
            diagnostic.severity = severity;
            self.found.push(diagnostic);
        }
    }

    /// Keeps the text of a place out of everything that is shown: it is, or may be, a secret value.
    pub fn hide(&mut self, span: Span) {
        self.hidden.push(span);
    }

    /// The places whose text is never shown.
    pub fn hidden(&self) -> &[Span] {
        &self.hidden
    }

    /// The level of a rule in this run.
    pub fn level_of(&self, rule: &Rule) -> Level {
        self.levels.of(rule)
    }

    /// Every finding so far, to be waived.
    pub fn found_mut(&mut self) -> &mut [Diagnostic] {
        &mut self.found
    }

    /// Whether an error was reported.
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(Diagnostic::is_error)
    }

    /// How many findings of a severity there are, waived ones left out.
    pub fn count(&self, severity: Severity) -> usize {
        self.found.iter().filter(|d| d.severity == severity && d.waived.is_none()).count()
    }

    /// How many findings there are.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All findings by place, then code; exact repetitions are dropped.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.found
            .sort_by(|a, b| (a.span(), a.rule.code, &a.message).cmp(&(b.span(), b.rule.code, &b.message)));
        self.found.dedup_by(|a, b| a.span() == b.span() && a.rule == b.rule && a.message == b.message);
        self.found
    }
}

impl Extend<Diagnostic> for Sink {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, iter: I) {
        iter.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }
}
