//! Whether netgen does more work than before: instructions counted by callgrind, which no other load on the
//! machine changes. CI builds without what takes long, and so do those who update:
//!
//! ```sh
//! CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 cargo build --release
//! cargo test --bench instructions -- --program target/release/netgen
//! ```
//!
//! `tests/benches/instructions.txt` has what was counted last; a tenth more fails. Who makes netgen do more
//! on purpose, or less, writes the new numbers with `--update` and says why in the commit. Another compiler gives
//! other numbers, too. Without valgrind nothing is counted; with `NETGEN_REQUIRE_TOOLS=1` that is a failure.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]
// A run of CI says in its environment what must be there.
#![allow(clippy::disallowed_methods)]

mod workload;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// Hundredths of the number before; more is a failure.
const MOST: u64 = 110;

/// What is counted: a name, a number of nodes, arguments before the manifest.
const CASES: [(&str, usize, &[&str]); 5] = [
    ("version", 10, &["--version"]),
    ("check-10", 10, &["check", "-q"]),
    ("check-100", 100, &["check", "-q"]),
    ("build-10", 10, &["build", "-q", "--allow-unlocked"]),
    ("build-100", 100, &["build", "-q", "--allow-unlocked"]),
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let update = arguments.iter().any(|argument| argument == "--update");
    let given = arguments.iter().skip_while(|argument| *argument != "--program").nth(1);
    // Programs are run elsewhere.
    let program = std::fs::canonicalize(given.map_or(env!("CARGO_BIN_EXE_netgen"), String::as_str)).unwrap();
    let there = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    if there.is_err() {
        let required = std::env::var_os("NETGEN_REQUIRE_TOOLS").is_some_and(|value| value == "1");
        assert!(!required, "valgrind is missing");
        println!("left out: valgrind is missing, no instructions are counted");
        return;
    }
    let counted: BTreeMap<String, u64> = CASES
        .iter()
        .map(|(name, nodes, arguments)| ((*name).to_owned(), count(&program, *nodes, arguments)))
        .collect();
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/benches/instructions.txt");
    if update {
        let text: String = counted.iter().map(|(name, count)| format!("{name} {count}\n")).collect();
        std::fs::write(&place, text).unwrap();
    }
    let Ok(text) = std::fs::read_to_string(&place) else {
        println!("nothing was counted before: {counted:?}; `-- --update` writes it down");
        return;
    };
    let before = parse(&text);
    for (name, count) in &counted {
        let known = before.get(name).copied().unwrap_or(0);
        println!("{name:10} {count:15}, before {known:15}: {:.1} %", percent(*count, known));
    }
    let grown = grown(&counted, &before);
    assert!(grown.is_empty(), "more than a tenth more instructions: {grown:?}");
    // A gate that cannot close is none: numbers of a program that did a ninth less must refuse this one.
    let less = counted.iter().map(|(name, count)| (name.clone(), count * 8 / 9)).collect();
    assert_eq!(self::grown(&counted, &less).len(), counted.len(), "the gate does not close");
}

#[allow(clippy::cast_precision_loss, reason = "shown to people")]
fn percent(count: u64, before: u64) -> f64 {
    count as f64 / before.max(1) as f64 * 100.0
}

/// What does more than a tenth more than before, or is not known.
fn grown(counted: &BTreeMap<String, u64>, before: &BTreeMap<String, u64>) -> Vec<String> {
    let more =
        |(name, count): &(&String, &u64)| before.get(*name).is_none_or(|known| *count * 100 > known * MOST);
    counted.iter().filter(more).map(|(name, _)| name.clone()).collect()
}

fn parse(text: &str) -> BTreeMap<String, u64> {
    let pair =
        |line: &str| line.split_once(' ').map(|(name, count)| (name.to_owned(), count.parse().unwrap()));
    text.lines().filter_map(pair).collect()
}

/// The instructions of one run. One thread: how two share work is never the same twice. The environment is the
/// same everywhere: allocator and runtime look for their settings in all of it, which with what cargo and CI
/// put there is a tenth of `--version`.
fn count(program: &Path, nodes: usize, arguments: &[&str]) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("network.json"), workload::json(nodes)).unwrap();
    let mut command = Command::new("valgrind");
    command.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", at("counts").display()));
    command.arg(program).args(arguments).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("RAYON_NUM_THREADS", "1").env("NETGEN_CACHE", "off");
    if !arguments.contains(&"--version") {
        command.arg("network.json");
    }
    let done = command.current_dir(folder.path()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = std::fs::read_to_string(at("counts")).unwrap();
    let total =
        text.lines().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
    total.unwrap().split(' ').next().unwrap().parse().unwrap()
}
