//! Manifests that nobody would write: seeds from the examples and the corpus, mutated for a bounded time.
//!
//! It needs no nightly compiler and nothing to install. Every case must end without a panic, without a
//! hang, with places that lie in their text, and the same way twice.
//!
//! `NETGEN_FUZZ_SECONDS` is the time for each target (default 2), `NETGEN_FUZZ_CASES` the most that is
//! tried (default 100), `NETGEN_FUZZ_SEED` the start of the random numbers. A case that fails is written to `target/fuzz/`, and belongs into `tests/fuzz/found/`
//! once it is cured: those are run first, each time.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]
// It runs for a time that is asked for, and says how far it came.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr)]

mod mutate;
mod random;
mod seeds;
mod targets;
mod watch;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mutate::mutate;
use random::Random;
use targets::Target;

/// One case may take this long. Debug builds on a busy machine are slow; what is meant to be found
/// takes minutes.
const SLOWEST: Duration = Duration::from_secs(20);

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name}={value}")))
}

/// Runs one case; the error says what went wrong.
fn judge(target: &Target, text: &str) -> Result<(), String> {
    let begun = Instant::now();
    let judged = catch_unwind(AssertUnwindSafe(|| (target.run)(text))).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or(panic.downcast_ref::<&str>().copied()).unwrap_or("something");
        Err(format!("panics with {said}"))
    });
    judged?;
    if begun.elapsed() > SLOWEST {
        return Err(format!("takes {:?}", begun.elapsed()));
    }
    Ok(())
}

fn fuzz(target: &Target) {
    let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fuzz");
    fs::create_dir_all(&out).unwrap();
    let seconds = setting("NETGEN_FUZZ_SECONDS", 2);
    // The same cases on a fast machine as on a slow one: a change that lands must not depend on luck.
    let most = setting("NETGEN_FUZZ_CASES", 100);
    let seed = setting("NETGEN_FUZZ_SEED", 1);
    let mut random = Random::new(seed ^ target.name.bytes().fold(0, |sum, byte| sum * 31 + u64::from(byte)));
    let seeds = (target.seeds)();
    let watch = watch::Watch::start(target.name, out.join(format!("{}-hangs.txt", target.name)));
    let (begun, mut cases, mut slowest) = (Instant::now(), 0_u64, Duration::ZERO);
    let mut failed = Vec::new();
    // At least one look at each seed as it is: they are what netgen is sure of.
    let mut unchanged = seeds.iter();
    while cases < most && begun.elapsed() < Duration::from_secs(seconds) {
        let text = match unchanged.next().filter(|_| seconds > 10) {
            Some(seed) => seed.clone(),
            None => mutate(&seeds, &mut random),
        };
        watch.begin(&text);
        let case = Instant::now();
        if let Err(why) = judge(target, &text) {
            let path = out.join(format!("{}-{cases}.txt", target.name));
            fs::write(&path, &text).unwrap();
            failed.push(format!("{}: {why}", path.display()));
            if failed.len() >= 20 {
                break;
            }
        }
        slowest = slowest.max(case.elapsed());
        watch.end();
        cases += 1;
    }
    let rate = cases / begun.elapsed().as_secs().max(1);
    println!("{}: {cases} cases, {rate} a second, the slowest took {slowest:?}, seed {seed}", target.name);
    assert!(failed.is_empty(), "{} of {cases} cases fail:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn yaml() {
    fuzz(&targets::YAML);
}

#[test]
fn toml() {
    fuzz(&targets::TOML);
}

#[test]
fn json() {
    fuzz(&targets::JSON);
}

#[test]
fn decode() {
    fuzz(&targets::DECODE);
}

#[test]
fn component() {
    fuzz(&targets::COMPONENT);
}

#[test]
fn compile() {
    fuzz(&targets::COMPILE);
}

fn found() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/found");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "txt"));
    files.sort();
    files
}

/// What was found once is not found again. The name of a file begins with its target.
#[test]
fn earlier_finds() {
    for path in found() {
        let name = path.file_name().unwrap().to_str().unwrap().split('-').next().unwrap().to_owned();
        let target = targets::ALL.iter().find(|target| target.name == name).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        if let Err(why) = judge(target, &text) {
            panic!("{}: {why}", path.display());
        }
    }
}

/// The judge itself: a target that panics, or says that something is wrong, is found out.
#[test]
fn a_failure_is_seen() {
    let panics = Target { name: "panics", seeds: Vec::new, run: |text| panic!("at {text}") };
    assert!(judge(&panics, "x").unwrap_err().contains("panics with at x"));
    let refuses = Target { name: "refuses", seeds: Vec::new, run: |_| Err("a reason".to_owned()) };
    assert_eq!(judge(&refuses, "x"), Err("a reason".to_owned()));
}
