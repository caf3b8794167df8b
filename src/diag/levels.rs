//! Levels that a run gives to rules, other than their own.

use std::collections::BTreeMap;

use super::{Level, Rule};

/// What `--deny`, `--warn` and `--allow` ask for.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    by_code: BTreeMap<&'static str, Level>,
    deny_warnings: bool,
}

impl Levels {
    /// Gives a rule another level. Gives back the level that it had been given before, if any.
    pub fn set(&mut self, rule: &'static Rule, level: Level) -> Option<Level> {
        self.by_code.insert(rule.code, level)
    }

    /// Makes errors of all warnings but those of rules that were given a level by name.
    pub fn deny_warnings(&mut self) {
        self.deny_warnings = true;
    }

    /// The level of a rule in this run.
    pub fn of(&self, rule: &Rule) -> Level {
        match self.by_code.get(rule.code) {
            Some(level) => *level,
            None if self.deny_warnings && rule.level == Level::Warn => Level::Deny,
            None => rule.level,
        }
    }
}
