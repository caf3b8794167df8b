//! The identity of a finding.

use super::Severity;

/// The level a rule has before `--deny`, `--warn` and `--allow`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Stops the build.
    Deny,
    /// Is shown; the build goes on.
    Warn,
}

impl Level {
    /// The severity that a finding of this level has.
    pub fn severity(self) -> Severity {
        match self {
            Self::Deny => Severity::Error,
            Self::Warn => Severity::Warning,
        }
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

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}
impl Eq for Rule {}
