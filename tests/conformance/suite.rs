//! Which trials there are, and what each one's end means.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use libtest_mimic::{Completion, Failed, Trial};

use crate::bench::{Bench, Fault, Verdict};
use crate::mutation;
use crate::readers::{self, Input, Reader, Root};
use crate::samples::{self, Broken, Example};

/// Readers that no example has anything for yet. A name that an example comes to
/// feed must go, so that the list only gets shorter.
const UNFED: &[&str] = &[];

/// From how many seconds on the time of a reader is told.
const LONG: u64 = 10;

/// What all trials share.
#[derive(Debug)]
pub struct Suite {
    bench: Bench,
    examples: Vec<Arc<Example>>,
    require_tools: bool,
    left_out: Mutex<BTreeMap<String, usize>>,
    /// How long each reader was at work, over all examples.
    took: Mutex<BTreeMap<&'static str, Duration>>,
}

impl Suite {
    /// Looks at the machine and the examples; builds nothing yet.
    pub fn new() -> Result<Self, Fault> {
        Ok(Self {
            bench: Bench::new()?,
            examples: samples::all().into_iter().map(Arc::new).collect(),
            require_tools: std::env::var_os("NETGEN_REQUIRE_TOOLS").is_some_and(|value| value == "1"),
            left_out: Mutex::default(),
            took: Mutex::default(),
        })
    }

    fn read(&self, reader: &Reader, root: &Path) -> Result<Completion, Failed> {
        let files = (reader.files)(root);
        if files.is_empty() {
            return Ok(Completion::ignored_with("nothing for this reader here"));
        }
        self.end((reader.read)(&self.bench, &Input { root, files: &files }))
    }

    /// Does a reader's work, and notes how long it took.
    #[allow(clippy::disallowed_methods, reason = "nothing is judged by it: whoever waits is told for what")]
    fn timed<T>(&self, reader: &'static str, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = work();
        if let Ok(mut took) = self.took.lock() {
            *took.entry(reader).or_default() += begun.elapsed();
        }
        done
    }

    fn end(&self, verdict: Verdict) -> Result<Completion, Failed> {
        match verdict {
            Ok(()) => Ok(Completion::Completed),
            Err(Fault::Missing(need)) if !self.require_tools => {
                let mut left_out = self.left_out.lock().map_err(|_| "another trial panicked")?;
                *left_out.entry(need.clone()).or_default() += 1;
                Ok(Completion::ignored_with(format!("left out: {need}")))
            }
            Err(fault) => Err(fault.text().into()),
        }
    }

    /// Says which readers took longest, so that whoever waits for them knows.
    pub fn tell_what_took_long(&self) {
        let Ok(took) = self.took.lock() else { return };
        let mut took: Vec<(u64, &str)> =
            took.iter().map(|(reader, time)| (time.as_secs(), *reader)).collect();
        took.retain(|(seconds, _)| *seconds >= LONG);
        took.sort_unstable_by(|one, other| other.cmp(one));
        for (seconds, reader) in took {
            _ = writeln!(std::io::stderr(), "{seconds:>6} s over all examples: {reader}");
        }
    }

    /// Says once more, at the end where it is seen, which programs were wanted.
    pub fn tell_what_was_left_out(&self) {
        let Ok(left_out) = self.left_out.lock() else { return };
        for (need, count) in &*left_out {
            let checks = if *count == 1 { "check" } else { "checks" };
            // To standard error: standard output may be read as JSON.
            _ = writeln!(std::io::stderr(), "left out: {count} {checks} ({need})");
        }
    }
}

/// All trials.
pub fn trials(suite: &Arc<Suite>) -> Vec<Trial> {
    let mut trials = Vec::new();
    for example in &suite.examples {
        let built = Arc::clone(example);
        trials.push(Trial::test(format!("{}::build", example.name), move || match built.bundle() {
            Ok(_) => Ok(()),
            Err(fault) => Err(fault.text().into()),
        }));
        for reader in readers::ALL {
            trials.push(example_trial(suite, example, reader));
        }
    }
    for reader in readers::ALL {
        let shared = Arc::clone(suite);
        trials.push(Trial::test(format!("coverage::{}", reader.name), move || coverage(&shared, reader)));
    }
    trials.extend(good_trials(suite));
    trials.extend(broken_trials(suite));
    let suite = Arc::clone(suite);
    trials.push(Trial::ignorable_test("mutants", move || suite.timed("mutants", || mutants(&suite))));
    trials
}

fn mutants(suite: &Suite) -> Result<Completion, Failed> {
    let built = suite.examples.iter().map(|example| Ok((example.name.as_str(), example.bundle()?)));
    match built.collect::<Result<Vec<_>, Fault>>() {
        Ok(bundles) => suite.end(mutation::check(&suite.bench, &bundles)),
        Err(fault) => Err(fault.text().into()),
    }
}

fn example_trial(suite: &Arc<Suite>, example: &Arc<Example>, reader: &'static Reader) -> Trial {
    let (suite, example) = (Arc::clone(suite), Arc::clone(example));
    Trial::ignorable_test(format!("{}::{}", example.name, reader.name), move || match reader.root {
        Root::Source => suite.timed(reader.name, || suite.read(reader, &example.source)),
        Root::Bundle => match example.bundle() {
            Ok(bundle) => suite.timed(reader.name, || suite.read(reader, &bundle)),
            Err(_) => Ok(Completion::ignored_with("there is no bundle")),
        },
    })
}

fn coverage(suite: &Suite, reader: &Reader) -> Result<(), Failed> {
    let fed = suite.examples.iter().any(|example| {
        let root = match reader.root {
            Root::Source => Ok(example.source.clone()),
            Root::Bundle => example.bundle(),
        };
        root.is_ok_and(|root| !(reader.files)(&root).is_empty())
    });
    match (fed, UNFED.contains(&reader.name)) {
        (true, false) | (false, true) => Ok(()),
        (false, false) => Err("no example has anything for this reader".into()),
        (true, true) => Err("an example feeds this reader now: take its name off UNFED".into()),
    }
}

fn good_trials(suite: &Arc<Suite>) -> Vec<Trial> {
    let mut trials = Vec::new();
    let samples = samples::good();
    for reader in readers::ALL {
        let before = trials.len();
        for (sample, root) in samples.iter().filter(|(_, root)| !(reader.files)(root).is_empty()) {
            let (suite, root) = (Arc::clone(suite), root.clone());
            let name = format!("good::{sample}::{}", reader.name);
            trials.push(Trial::ignorable_test(name, move || suite.read(reader, &root)));
        }
        if trials.len() == before {
            trials.push(unproven("good", reader));
        }
    }
    trials
}

/// A check that no sample has shown to work.
fn unproven(kind: &str, reader: &Reader) -> Trial {
    let complaint = format!("tests/conformance/{kind} has no sample for this reader");
    Trial::test(format!("{kind}::{}", reader.name), move || Err(complaint.into()))
}

fn broken_trials(suite: &Arc<Suite>) -> Vec<Trial> {
    let mut trials = Vec::new();
    let cases = samples::broken();
    for reader in readers::ALL {
        if !cases.iter().any(|case| case.reader == reader.name) {
            trials.push(unproven("broken", reader));
        }
    }
    for broken in cases {
        let suite = Arc::clone(suite);
        let name = format!("broken::{}::{}", broken.reader, broken.case);
        trials.push(Trial::ignorable_test(name, move || suite.end(reject(&suite.bench, &broken))));
    }
    trials
}

fn reject(bench: &Bench, broken: &Broken) -> Verdict {
    let known = readers::ALL.iter().find(|reader| reader.name == broken.reader);
    let reader = known.ok_or_else(|| Fault::Trouble(format!("there is no reader {}", broken.reader)))?;
    let root = broken.bundle();
    let files = (reader.files)(&root);
    if files.is_empty() {
        return Err(Fault::Trouble("the sample has no file for this reader".to_owned()));
    }
    broken.judge((reader.read)(bench, &Input { root: &root, files: &files }))
}
