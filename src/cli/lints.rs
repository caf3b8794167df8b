//! `--deny`, `--warn`, `--allow`, `--as-of`: how findings are judged in this run.

use std::time::{SystemTime, UNIX_EPOCH};

use super::args::Lints;
use super::exit::Exit;
use super::output::Output;
use super::{Failure, explain};
use crate::Options;
use crate::check::registry::{all_rules, has_levels};
use crate::diag::{Level, Levels, Rule};
use crate::manifest::Date;

/// What `--deny` takes besides rules.
const WARNINGS: &str = "warnings";

impl Lints {
    /// What the compiler is told.
    pub(super) fn options(&self, allow_unlocked: bool, output: &Output) -> Result<Options, Failure> {
        Ok(Options {
            allow_unlocked,
            renew_lock: false,
            keep_document: false,
            levels: self.levels()?,
            as_of: Some(self.day()?),
            stages: output.stages().clone(),
        })
    }

    fn levels(&self) -> Result<Levels, Failure> {
        let rules = all_rules();
        let mut levels = Levels::default();
        let asked = [
            ("--deny", Level::Deny, &self.deny),
            ("--warn", Level::Warn, &self.warn),
            ("--allow", Level::Allow, &self.allow),
        ];
        for (option, level, names) in asked {
            for name in names {
                if level == Level::Deny && name == WARNINGS {
                    levels.deny_warnings();
                    continue;
                }
                let rule = Rule::find(&rules, name).ok_or_else(|| explain::unknown(name, &rules))?;
                if !has_levels(rule) {
                    return Err(usage(format!(
                        "{option} {name}: {} is always an error; without it there is nothing to build from",
                        rule.code
                    )));
                }
                if levels.set(rule, level).is_some_and(|before| before != level) {
                    return Err(usage(format!(
                        "{option} {name}: {} was given another level before",
                        rule.code
                    )));
                }
            }
        }
        Ok(levels)
    }

    /// Today, unless something else is said: waivers end on a day.
    fn day(&self) -> Result<Date, Failure> {
        if let Some(text) = &self.as_of {
            return Date::parse(text)
                .ok_or_else(|| usage(format!("--as-of {text}: write a day of the calendar as YYYY-MM-DD")));
        }
        let epoch = self.source_date_epoch.unwrap_or_else(now);
        Date::of_epoch(epoch)
            .ok_or_else(|| usage("the clock is outside the calendar; give `--as-of`".to_owned()))
    }
}

/// Seconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "waivers and keys end on a day of the real world; no byte of a bundle depends on it"
)]
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    since.and_then(|time| i64::try_from(time.as_secs()).ok()).unwrap_or_default()
}

fn usage(text: String) -> Failure {
    Failure::new(Exit::Usage, text)
}
