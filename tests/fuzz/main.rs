//! Input that nobody would write: seeds from the examples and the corpora, mutated for a bounded time.
//!
//! It needs no nightly compiler and nothing to install; `tests/cargo-fuzz` runs the same targets under
//! libFuzzer. Every case must end without a panic, without a
//! hang, with places that lie in their text, and the same way twice.
//!
//! `NETGEN_FUZZ_SECONDS` is the time for each target (default 2), `NETGEN_FUZZ_CASES` the most that is
//! tried (default 100), `NETGEN_FUZZ_SEED` the start of the random numbers. A case that fails is written to `target/fuzz/`, and belongs into `tests/fuzz/found/`
//! once it is cured: those are run first, each time.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]
// It runs for a time that is asked for, and says how far it came.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr)]

mod shared;
mod watch;

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use shared::mutate::change;
use shared::random::Random;
use shared::seeds;
use shared::targets::{self, Target};

/// One case may take this long. Debug builds on a busy machine are slow; what is meant to be found
/// takes minutes.
const SLOWEST: Duration = Duration::from_secs(20);

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name}={value}")))
}

/// Runs one case; the error says what went wrong.
fn judge(target: &Target, bytes: &[u8]) -> Result<(), String> {
    let begun = Instant::now();
    let judged = catch_unwind(AssertUnwindSafe(|| (target.run)(bytes))).unwrap_or_else(|panic| {
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

/// What libFuzzer kept for a target: each of them does something that no other does.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = seeds::root().join("tests/cargo-fuzz/corpus").join(target);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn fuzz(target: &Target) {
    let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fuzz");
    fs::create_dir_all(&out).unwrap();
    let seconds = setting("NETGEN_FUZZ_SECONDS", 2);
    // The same cases on a fast machine as on a slow one: a change that lands must not depend on luck.
    let most = setting("NETGEN_FUZZ_CASES", 100);
    let seed = setting("NETGEN_FUZZ_SEED", 1);
    let mut random = Random::new(seed ^ target.name.bytes().fold(0, |sum, byte| sum * 31 + u64::from(byte)));
    let mut seeds = (target.seeds)();
    assert!(!seeds.is_empty(), "{} has nothing to begin with", target.name);
    seeds.extend(corpus(target.name));
    let watch = watch::Watch::start(target.name, out.join(format!("{}-hangs.txt", target.name)));
    let (begun, mut cases, mut slowest) = (Instant::now(), 0_u64, Duration::ZERO);
    let mut failed = Vec::new();
    // At least one look at each seed as it is: they are what netgen is sure of.
    let mut unchanged = seeds.iter();
    while cases < most && begun.elapsed() < Duration::from_secs(seconds) {
        let bytes = match unchanged.next().filter(|_| seconds > 10) {
            Some(seed) => seed.clone(),
            None => change(random.pick::<Vec<u8>>(&seeds), &seeds, &mut random),
        };
        watch.begin(&bytes);
        let case = Instant::now();
        if let Err(why) = judge(target, &bytes) {
            let path = out.join(format!("{}-{cases}.txt", target.name));
            fs::write(&path, &bytes).unwrap();
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
fn compile() {
    fuzz(&targets::COMPILE);
}

#[test]
fn component() {
    fuzz(&targets::COMPONENT);
}

#[test]
fn chain() {
    fuzz(&targets::CHAIN);
}

#[test]
fn lock() {
    fuzz(&targets::LOCK);
}

#[test]
fn import() {
    fuzz(&targets::IMPORT);
}

#[test]
fn template() {
    fuzz(&targets::TEMPLATE);
}

#[test]
fn query() {
    fuzz(&targets::QUERY);
}

#[test]
fn bundle() {
    fuzz(&targets::BUNDLE);
}

#[test]
fn archive() {
    fuzz(&targets::ARCHIVE);
}

#[test]
fn signature() {
    fuzz(&targets::SIGNATURE);
}

fn found() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/found");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_none_or(|ending| ending != "md"));
    files.sort();
    files
}

/// What was found once is not found again. The name of a file begins with its target.
#[test]
fn earlier_finds() {
    for path in found() {
        let name = path.file_name().unwrap().to_str().unwrap().split('-').next().unwrap().to_owned();
        let target = targets::ALL.iter().find(|target| target.name == name).unwrap();
        if let Err(why) = judge(target, &fs::read(&path).unwrap()) {
            panic!("{}: {why}", path.display());
        }
    }
}

/// The names of a list that stands one a line, as `<before>name<after>`.
fn names(text: &str, before: &str, after: &str) -> Vec<String> {
    let name = |line: &str| Some(line.strip_prefix(before)?.strip_suffix(after)?.to_owned());
    let mut names: Vec<String> = text.lines().filter_map(name).collect();
    names.sort();
    names
}

/// Every target is run under libFuzzer too: here is a file of it, a program, and its day in CI.
#[test]
fn libfuzzer_runs_them_all() {
    let text = |path: &str| fs::read_to_string(seeds::root().join(path)).unwrap();
    let mut all: Vec<&str> = targets::ALL.iter().map(|target| target.name).collect();
    all.sort_unstable();
    let mut programs = names(&text("tests/cargo-fuzz/Cargo.toml"), "name = \"", "\"");
    programs.retain(|name| name != "netgen-fuzz");
    assert_eq!(programs, all);
    assert_eq!(names(&text(".github/workflows/ci.yml"), "          - ", ""), all);
    for target in all {
        let file = text(&format!("tests/cargo-fuzz/targets/{target}.rs"));
        assert_eq!(file, format!("#![no_main]\nnetgen_fuzz::fuzz!({});\n", target.to_uppercase()));
    }
}

/// What it is built from is what netgen is built from.
#[test]
fn libfuzzer_runs_the_same_crates() {
    let crates = |path: &str| -> BTreeSet<(String, String)> {
        let lock: toml::Table = fs::read_to_string(seeds::root().join(path)).unwrap().parse().unwrap();
        let text = |item: &toml::Value, key: &str| item[key].as_str().unwrap().to_owned();
        let packages = lock["package"].as_array().unwrap().iter();
        packages.map(|item| (text(item, "name"), text(item, "version"))).collect()
    };
    let (ours, theirs) = (crates("Cargo.lock"), crates("tests/cargo-fuzz/Cargo.lock"));
    let others: Vec<&str> = theirs.difference(&ours).map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        others,
        ["arbitrary", "jobserver", "libfuzzer-sys", "netgen-fuzz"],
        "copy Cargo.lock and build"
    );
}

/// The judge itself: a target that panics, or says that something is wrong, is found out.
#[test]
fn a_failure_is_seen() {
    let panics = Target { name: "panics", seeds: Vec::new, run: |bytes| panic!("at {bytes:?}") };
    assert!(judge(&panics, b"x").unwrap_err().contains("panics with at [120]"));
    let refuses = Target { name: "refuses", seeds: Vec::new, run: |_| Err("a reason".to_owned()) };
    assert_eq!(judge(&refuses, b"x"), Err("a reason".to_owned()));
}
