//! The identity of a finding.

use super::Severity;

/// What a finding of a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Stops the build.
    Deny,
    /// Is shown; the build goes on.
    Warn,
    /// Is not shown. No rule has this level of its own.
    Allow,
}

impl Level {
    /// The severity that a finding of this level has; `None` where it is not shown.
    pub fn severity(self) -> Option<Severity> {
        match self {
            Self::Deny => Some(Severity::Error),
            Self::Warn => Some(Severity::Warning),
            Self::Allow => None,
        }
    }

    /// The word of every format.
    pub fn word(self) -> &'static str {
        self.severity().map_or("none", Severity::word)
    }
}

/// A rule: a stable code, a name, and the page that `netgen explain` prints.
#[derive(Debug)]
pub struct Rule {
    /// `NG` and four digits; never given to another rule.
    pub code: &'static str,
    /// Kebab case, for people.
    pub name: &'static str,
    /// Before the user's levels.
    pub level: Level,
    /// One line: what the rule reports.
    pub summary: &'static str,
    /// Markdown with `## What`, `## Why`, `## Bad` and `## Good`.
    pub docs: &'static str,
}

impl Rule {
    /// The rule of a code in any case, or of a name.
    pub fn find(rules: &[&'static Self], wanted: &str) -> Option<&'static Self> {
        rules.iter().copied().find(|rule| rule.is_called(wanted))
    }

    /// Whether a text is its code in any case, or its name.
    pub fn is_called(&self, wanted: &str) -> bool {
        self.code.eq_ignore_ascii_case(wanted) || self.name == wanted
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}
impl Eq for Rule {}
