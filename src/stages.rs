//! How long each stage takes, for `--timings` and the benchmarks.
//!
//! No stage reads a clock: whoever asks brings one, and without it nothing is measured.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Gives the time since any fixed moment.
pub type Clock = fn() -> Duration;

/// The stages of one run. Clones share what was measured.
#[derive(Clone, Default)]
pub struct Stages {
    clock: Option<Clock>,
    laps: Arc<Mutex<Vec<Lap>>>,
}

/// A stage that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lap {
    /// The stage; its name begins with that of the stage around it: `emit` holds `emit/ansible`.
    pub stage: String,
    /// How long it took. Stages side by side take longer together than the one around them.
    pub took: Duration,
}

impl Stages {
    /// Measures with a clock.
    pub fn measured(clock: Clock) -> Self {
        Self { clock: Some(clock), laps: Arc::default() }
    }

    /// Does the work of a stage.
    pub fn run<T>(&self, stage: impl fmt::Display, work: impl FnOnce() -> T) -> T {
        let Some(clock) = self.clock else { return work() };
        let begun = clock();
        let done = work();
        let lap = Lap { stage: stage.to_string(), took: clock().saturating_sub(begun) };
        self.laps.lock().unwrap_or_else(PoisonError::into_inner).push(lap);
        done
    }

    /// What has ended, in the order of the ends.
    pub fn laps(&self) -> Vec<Lap> {
        self.laps.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for Stages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.laps()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_asked_for_is_not_measured() {
        let stages = Stages::default();
        assert_eq!(stages.run("load", || 7), 7);
        assert!(stages.laps().is_empty());
    }

    #[test]
    fn clones_share_what_was_measured() {
        let stages = Stages::measured(|| Duration::ZERO);
        let inner = stages.clone();
        stages.run("emit", || inner.run("emit/ansible", || ()));
        let names: Vec<String> = stages.laps().into_iter().map(|lap| lap.stage).collect();
        assert_eq!(names, ["emit/ansible", "emit"]);
    }
}
