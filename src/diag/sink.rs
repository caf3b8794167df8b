//! Where every stage reports.

use std::collections::BTreeSet;

use super::{Diagnostic, Level, Levels, Rule, Severity};
use crate::text::Span;

/// Collects the findings of a run. Stages only add; the end of the run sorts and shows.
#[derive(Debug, Default)]
pub struct Sink {
    found: Vec<Diagnostic>,
    levels: Levels,
    /// What was told by [`Sink::push_once`].
    told: BTreeSet<(&'static str, Span)>,
    hidden: Vec<Span>,
}

impl Sink {
    /// An empty sink.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty sink that gives rules these levels.
    pub fn with_levels(levels: Levels) -> Self {
        Self { levels, ..Self::default() }
    }

    /// An empty sink of the same run, for work that is done beside other work. What was told once here is
    /// not told again there.
    #[must_use]
    pub fn empty(&self) -> Self {
        Self { levels: self.levels.clone(), told: self.told.clone(), ..Self::default() }
    }

    /// Adds what another sink of the same run found.
    pub fn absorb(&mut self, other: Self) {
        self.found.extend(other.found);
        self.told.extend(other.told);
        self.hidden.extend(other.hidden);
    }

    /// Adds a finding, with the level that its rule has in this run.
    pub fn push(&mut self, mut diagnostic: Diagnostic) {
        if let Some(severity) = self.levels.of(diagnostic.rule).severity() {
            diagnostic.severity = severity;
            let remarks = diagnostic.labels.iter_mut().map(|label| &mut label.text);
            remarks.chain(&mut diagnostic.help).chain([&mut diagnostic.message]).for_each(shorten);
            self.found.push(diagnostic);
        }
    }

    /// Adds a finding, unless its rule was told of the same place in this way before: what stands once
    /// in a manifest and runs on a hundred hosts is one mistake.
    pub fn push_once(&mut self, diagnostic: Diagnostic) {
        if self.told.insert((diagnostic.rule.code, diagnostic.span())) {
            self.push(diagnostic);
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

    /// Forgets all but the first findings: a later one says better what they said.
    pub fn truncate(&mut self, count: usize) {
        self.found.truncate(count);
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

/// Cuts a text that repeats a huge name.
fn shorten(text: &mut String) {
    const MOST: usize = 1000;
    if text.len() > MOST {
        text.truncate(text.floor_char_boundary(MOST));
        text.push('…');
    }
}

impl Extend<Diagnostic> for Sink {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, iter: I) {
        iter.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }
}
