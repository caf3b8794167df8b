//! Diagnostics as data: what went wrong, where, which line decided it, and what to do.
//!
//! Stages report into a [`Sink`] and go on; nothing here renders or prints. A [`Rule`] is the
//! identity of a finding: its stable code, default level and documentation. Renderers live in
//! [`render`], one file a format.

mod levels;
mod rule;
mod sink;
mod suggest;

pub mod codes;
pub mod render;

pub use levels::Levels;
pub use rule::{Level, Rule};
pub use sink::Sink;
pub use suggest::{did_you_mean, list_names};

use crate::text::Span;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The build goes on.
    Warning,
    /// The build stops before anything is written.
    Error,
}

impl Severity {
    /// The lower-case word used in every format.
    pub fn word(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A place in a source with a short remark on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The remark; never a copy of the message.
    pub text: String,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// The rule that was broken.
    pub rule: &'static Rule,
    /// Set from the rule's level when it enters the sink.
    pub severity: Severity,
    /// What is wrong: lower case, no full stop, names in backticks.
    pub message: String,
    /// The first label is the primary one: the thing to change.
    pub labels: Vec<Label>,
    /// What to do about it, each an action.
    pub help: Vec<String>,
    /// The exception that the manifest makes, if it makes one.
    pub waived: Option<Waived>,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waived {
    /// The reason that the manifest gives.
    pub reason: String,
    /// The last day on which it holds, as `YYYY-MM-DD`.
    pub until: String,
    /// Where the exception stands.
    pub span: Span,
}

impl Diagnostic {
    /// A finding of `rule` at `span`.
    pub fn new(rule: &'static Rule, span: Span, message: impl Into<String>) -> Self {
        let labels = if span.is_somewhere() { vec![Label { span, text: String::new() }] } else { Vec::new() };
        Self {
            rule,
            severity: rule.level.severity().unwrap_or(Severity::Warning),
            message: message.into(),
            labels,
            help: Vec::new(),
            waived: None,
        }
    }

    /// Sets the remark of the primary label.
    #[must_use]
    pub fn here(mut self, text: impl Into<String>) -> Self {
        if let Some(label) = self.labels.first_mut() {
            label.text = text.into();
        }
        self
    }

    /// Adds a label: the line that decided it. Places in no file are left out.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        if span.is_somewhere() {
            self.labels.push(Label { span, text: text.into() });
        }
        self
    }

    /// Adds an action that cures the finding.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Adds `did you mean` for a misspelt word, where one of `known` is near; else lists a few.
    #[must_use]
    pub fn suggest<'a>(self, word: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        match did_you_mean(word, known.iter().copied()) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None if known.is_empty() => self,
            None => self.help(format!("known: {}", list_names(known, 12))),
        }
    }

    /// Whether it stops the build.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error && self.waived.is_none()
    }

    /// The place to sort and show by.
    pub fn span(&self) -> Span {
        self.labels.first().map_or(Span::nowhere(), |label| label.span)
    }
}
