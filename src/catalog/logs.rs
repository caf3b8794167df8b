//! What a component logs, and which of its lines call somebody.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::failure::Covers;
use super::threshold::{Formula, Threshold, Unit};
use crate::hashed::IndexMap;
use crate::manifest::Severity;
use crate::manifest::quantity::Duration;
use crate::text::Spanned;

/// How the lines of a log are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LineFormat {
    /// One JSON object a line. Fields are `JMESPath` expressions: `lvl`, `fields.message`.
    Json,
    /// `key=value` pairs. Fields are keys.
    Logfmt,
}

/// The lines that a component writes to its standard output, where they have fields.
///
/// The message is not among the fields: the whole line is kept.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Lines {
    /// An expression over `settings`: where it does not hold, lines are kept as they are. Without it, they
    /// always have this form.
    #[serde(default)]
    #[schemars(extend("examples" = ["settings.log_format == 'json'"]))]
    pub when: Option<String>,
    /// How a line is made.
    pub format: LineFormat,
    /// The field of the severity. Without it, streams have no label `level`.
    #[serde(default)]
    pub level: Option<String>,
    /// The field of the time, in RFC 3339. Without it, the time at which the runtime got the line.
    #[serde(default)]
    pub time: Option<String>,
    /// The field of the slot, by which lines of several clients are found together. Without it, they are
    /// found by time alone.
    #[serde(default)]
    pub slot: Option<String>,
    /// The field of the height of a block, likewise. Without it, lines have none.
    #[serde(default)]
    pub height: Option<String>,
}

/// One alert about lines of a log.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LogAlert {
    /// Texts; a line counts that contains one of them, in upper and lower case as written.
    pub lines: Vec<String>,
    /// Texts; a line that contains one of them does not count.
    #[serde(default)]
    pub unless: Vec<String>,
    /// It fires for more lines of one service than this.
    #[serde(default)]
    pub above: u32,
    /// The time in which the lines are counted.
    pub within: Duration,
    /// How long it must hold.
    #[serde(rename = "for", default = "at_once")]
    pub hold: Duration,
    /// How soon a person must act.
    pub severity: Severity,
    /// One line for the pager; may use `{{ $labels.node }}` and `{{ $value }}`.
    pub summary: Spanned<String>,
    /// What it means for the network, for the runbook.
    pub meaning: String,
    /// What to do, step by step, for the runbook.
    pub actions: Vec<String>,
    /// The failures that it tells, and whose they are.
    #[serde(default)]
    pub covers: Covers,
    /// Proof: lines as the program really writes them.
    pub test: LogTest,
}

fn at_once() -> Duration {
    Duration(0)
}

/// The proof of an alert about lines.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LogTest {
    /// Lines that count, each.
    pub fires: Vec<String>,
    /// Lines that do not.
    pub silent: Vec<String>,
}

impl LogAlert {
    /// The number that decides when it fires, as a manifest may set it, and its name.
    pub fn threshold(&self) -> (&'static str, Threshold) {
        let threshold = Threshold {
            default: Formula::Number(f64::from(self.above)),
            unit: Unit::Number,
            whole: true,
            min: Some(0.0),
            max: None,
            doc: format!("it fires for more lines of one service in {} than this", self.within),
        };
        ("above", threshold)
    }

    /// Whether a line counts.
    pub fn counts(&self, line: &str) -> bool {
        let has = |texts: &[String]| texts.iter().any(|text| line.contains(text.as_str()));
        has(&self.lines) && !has(&self.unless)
    }

    /// What is wrong with it: texts that find nothing or everything, and a proof that does not hold.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.lines.is_empty() {
            problems.push("has no lines to look for".to_owned());
        }
        if self.lines.iter().chain(&self.unless).any(|text| text.trim().is_empty()) {
            problems.push("looks for an empty text, which is in every line".to_owned());
        }
        if self.within.0 == 0 {
            problems.push("counts the lines of no time; give `within` at least a minute".to_owned());
        }
        if self.test.fires.is_empty() {
            problems.push("has no line that proves it; add one to `test.fires`".to_owned());
        }
        let missed = self.test.fires.iter().filter(|line| !self.counts(line));
        problems.extend(missed.map(|line| format!("does not count its own line `{line}`")));
        let wrong = self.test.silent.iter().filter(|line| self.counts(line));
        problems.extend(wrong.map(|line| format!("counts a line that it must not: `{line}`")));
        problems
    }
}

/// Alerts about lines, by name.
pub type LogAlerts = IndexMap<String, LogAlert>;

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(lines: &[&str], unless: &[&str], fires: &[&str], silent: &[&str]) -> LogAlert {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        LogAlert {
            lines: texts(lines),
            unless: texts(unless),
            above: 0,
            within: Duration(600),
            hold: Duration(0),
            severity: Severity::P3,
            summary: Spanned::new(String::new(), crate::text::Span::nowhere()),
            meaning: String::new(),
            actions: Vec::new(),
            covers: Covers::default(),
            test: LogTest { fires: texts(fires), silent: texts(silent) },
        }
    }

    #[test]
    fn a_proof_that_does_not_hold_is_told() {
        assert!(
            alert(&["PANIC: "], &["test"], &["PANIC:  disk"], &["LOG:  x", "PANIC:  a test"])
                .problems()
                .is_empty()
        );
        for (broken, word) in [
            (alert(&[], &[], &["a"], &[]), "no lines"),
            (alert(&[""], &[], &["a"], &[]), "empty text"),
            (alert(&["a"], &[], &[], &[]), "no line that proves"),
            (alert(&["a"], &[], &["b"], &[]), "its own line"),
            (alert(&["a"], &["b"], &["ab"], &[]), "its own line"),
            (alert(&["a"], &[], &["a"], &["xa"]), "must not"),
        ] {
            let problems = broken.problems();
            assert!(problems.iter().any(|problem| problem.contains(word)), "{problems:?} {word}");
        }
    }
}
