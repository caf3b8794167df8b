//! How long netgen takes beside the least that its job can take: `cargo bench --bench build`.
//!
//! The job of `netgen build` is to write files, so the limit is a process that does nothing else: it
//! parses the JSON manifest, hashes the very same files, and writes them one by one (*floor*). Both run on
//! the same machine one after the other, and the ratio is what counts. The network is that of `tests/benches/workload.rs`.
//!
//! # Where the time goes
//!
//! Of a build of 10,000 nodes (32 s of two cores, 140,000 files, 780 MB), by `perf record`:
//!
//! | share | what |
//! |---:|---|
//! | 22 % | units and scripts of systemd, of which the scripts that save state are 17 |
//! | 14 % | variables and playbooks of Ansible, of which the cases of `chaos` were 6 |
//! | 14 % | `network.json`: the values with where they come from, and the text |
//! | 11 % | everything up to the checks |
//! | 10 % | the search for secrets in every file |
//! | 10 % | opening, writing and closing files |
//! | 7 % | Compose files |
//! | 6 % | the page, `bundle.json`, `provenance.json` and `SHA256SUMS` |
//! | 4 % | runbooks |
//! | 3 % | rule sets of firewalls |
//! | 2 % | SHA-256 |
//!
//! Across all of these, 13 % is the kernel that clears memory, and 10 % `memcpy` and `memcmp`. What was done
//! about it: files are made, looked through, hashed and written by the thread that makes them, while they are
//! in its cache, and nothing waits for the whole; texts of components are compiled once, and those that only
//! take values run without a machine; services that are alike share what is the same; YAML and JSON are written
//! as the value is walked; nothing is flushed but the file system once, before the swap.
//!
//! `NETGEN_BENCH_DIR` is where files are written (default: `/dev/shm`, where there is one, so that the disk
//! is not what is measured), `NETGEN_BENCH_NODES` the largest size (default 10,000). With `-- --readme`
//! the table goes into `README.md`, between its marks. With `-- --assert` what was promised must hold.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::indexing_slicing)]
// Where time is measured.
#![allow(clippy::disallowed_methods, clippy::cast_precision_loss)]

mod floor;
mod report;
#[path = "../workload.rs"]
mod workload;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use report::{Row, Stage};

/// The images of the network are in no registry that is asked.
const UNLOCKED: &str = "--allow-unlocked";

const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, manifest, bundle, out] = &arguments[..]
        && mode == "--floor"
    {
        return floor::run(Path::new(manifest), Path::new(bundle), Path::new(out));
    }
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let most = std::env::var("NETGEN_BENCH_NODES").map_or(10_000, |nodes| nodes.parse().unwrap());
    let folder = tempfile::Builder::new().prefix("netgen-bench-").tempdir_in(place()).unwrap();
    let rows: Vec<Row> =
        SIZES.iter().filter(|nodes| **nodes <= most).map(|nodes| measure(folder.path(), *nodes)).collect();
    let table = report::table(&rows);
    println!("{table}\n{}", report::stages(&rows));
    if has("--readme") {
        report::into_readme(&table);
    }
    let broken = report::broken_promises(&rows);
    for promise in &broken {
        println!("not kept: {promise}");
    }
    if has("--assert") {
        assert!(broken.is_empty(), "{} promises are not kept", broken.len());
    }
}

fn place() -> PathBuf {
    let memory = Path::new("/dev/shm");
    match std::env::var_os("NETGEN_BENCH_DIR") {
        Some(folder) => PathBuf::from(folder),
        None if memory.is_dir() => memory.to_owned(),
        None => std::env::temp_dir(),
    }
}

/// Everything about one size. Of several runs the shortest counts: what is longer was disturbed.
fn measure(folder: &Path, nodes: usize) -> Row {
    let runs = match nodes {
        0..=100 => 20,
        101..=1_000 => 5,
        _ => 3,
    };
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (json, yaml, out, other) = (at("network.json"), at("network.yaml"), at("bundle"), at("floor"));
    let cache = at("cache");
    std::fs::write(&json, workload::json(nodes)).unwrap();
    std::fs::write(&yaml, workload::yaml(nodes)).unwrap();
    let build =
        |manifest: &str| best(runs, || (remove(&out), netgen(&["build", manifest, "-o", &out, UNLOCKED])).1);
    let from_yaml = build(&yaml);
    let from_json = build(&json);
    let (files, bytes) = size_of(Path::new(&out));
    let again = ["build", &json, "-o", &out, UNLOCKED, "--cache", &cache];
    // The first one remembers.
    netgen(&again);
    let again = best(runs, || netgen(&again));
    let floor = best(runs, || (remove(&other), floor_of(&json, &out, &other)).1);
    let check = best(runs, || netgen(&["check", &json]));
    let analyze = best(1, || netgen(&["analyze", "spof", &json]));
    let diff = best(1, || netgen(&["diff", &out, &json]));
    remove(&out);
    remove(&other);
    Row { nodes, files, bytes, floor, from_json, from_yaml, again, check, analyze, diff }
}

/// The run that took the shortest.
fn best(runs: usize, run: impl Fn() -> Run) -> Run {
    (0..runs).map(|_| run()).min_by_key(|run| run.took).unwrap()
}

/// One run of a program.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Start and end of the process included.
    pub took: Duration,
    /// What `--timings` said.
    pub stages: Vec<Stage>,
    /// The most memory that it had at a time, in bytes.
    pub memory: u64,
}

fn netgen(arguments: &[&str]) -> Run {
    let begun = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_netgen"));
    command.args(arguments).args(["--quiet", "--timings"]).env_clear();
    let done = command.output().unwrap();
    let took = begun.elapsed();
    let said = String::from_utf8_lossy(&done.stderr);
    // `diff` says by its code whether there is a difference.
    assert!(matches!(done.status.code(), Some(0 | 3)), "netgen {arguments:?}: {said}");
    let (stages, memory) = report::parse_timings(&said);
    Run { took, stages, memory }
}

fn floor_of(manifest: &str, bundle: &str, out: &str) -> Run {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let done = command.args(["--floor", manifest, bundle, out]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let nanoseconds = String::from_utf8(done.stdout).unwrap().trim().parse().unwrap();
    Run { took: Duration::from_nanos(nanoseconds), ..Run::default() }
}

fn remove(folder: &str) {
    let _ = std::fs::remove_dir_all(folder);
}

/// Files of a folder, and their bytes.
fn size_of(folder: &Path) -> (usize, u64) {
    let files = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
    files
        .filter(|entry| entry.file_type().is_file())
        .fold((0, 0), |(files, bytes), entry| (files + 1, bytes + entry.metadata().unwrap().len()))
}
