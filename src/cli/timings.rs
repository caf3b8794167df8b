//! `--timings`: where the time of a run went.

use std::fmt::Write as _;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::output::Output;
use crate::stages::{Lap, Stages};

/// Since the first question.
#[expect(clippy::disallowed_methods, reason = "shown to who asks; no byte of a bundle depends on it")]
fn clock() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// Starts the clock, if it is asked for.
pub(super) fn start(asked: bool) -> Stages {
    if !asked {
        return Stages::default();
    }
    clock();
    Stages::measured(clock)
}

/// Says what was measured, if it was asked for.
pub(super) fn tell(asked: bool, output: &Output) {
    if asked {
        output.timings(&table(&output.stages().laps(), clock(), most_memory()));
    }
}

/// A line a stage: milliseconds and name. The last lines are the whole, and the most memory.
fn table(laps: &[Lap], whole: Duration, memory: Option<u64>) -> String {
    let mut text = String::new();
    let mut line = |took: Duration, name: &str| {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{:>10.3} ms  {name}", took.as_secs_f64() * 1000.0);
    };
    for lap in laps {
        line(lap.took, &lap.stage);
    }
    line(whole, "all");
    if let Some(kilobytes) = memory {
        let _ = writeln!(text, "{kilobytes:>10} kB  most memory");
    }
    text
}

/// The most memory that this process had at a time, in kB; Linux tells it.
fn most_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_a_stage() {
        let laps = [Lap { stage: "load".to_owned(), took: Duration::from_micros(1_500) }];
        let text = table(&laps, Duration::from_millis(12), Some(2048));
        assert_eq!(text, "     1.500 ms  load\n    12.000 ms  all\n      2048 kB  most memory\n");
    }
}
