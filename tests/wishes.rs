//! What the plans behind the examples wish, and where each wish is answered: `examples/*/wishes.yaml`.
//!
//! Every row is held against the bundle that is really built, the rules, the grammar of the command line and the
//! Makefile of the bundle. The tables in the README files are made of the rows:
//! `NETGEN_UPDATE=1 cargo test --test wishes` writes them anew.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use netgen::check::registry::all_rules;
use netgen::diag::Rule;
use serde::Deserialize;

#[path = "common/examples.rs"]
mod common;

/// How a wish is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    /// A file of the bundle.
    Artifact,
    /// A rule of the compiler.
    Rule,
    /// A command of netgen, or a target of the bundle's Makefile.
    Command,
    /// It is not answered, and this is why.
    Limit,
}

impl Answer {
    const ALL: [Self; 4] = [Self::Artifact, Self::Rule, Self::Command, Self::Limit];

    fn word(self) -> &'static str {
        match self {
            Self::Artifact => "file",
            Self::Rule => "rule",
            Self::Command => "command",
            Self::Limit => "limit",
        }
    }
}

/// One wish.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Wish {
    /// What is wished, in a few words.
    wish: String,
    /// The section of the plan.
    seed: String,
    answer: Answer,
    /// A path in the bundle (`*` stands for any text), a code of a rule, or a command.
    #[serde(default, rename = "where")]
    place: String,
    /// What the file holds; at least one where several are meant.
    #[serde(default)]
    holds: Option<String>,
    /// What there is to know about it.
    #[serde(default)]
    says: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The examples with wishes, and these.
fn wishes() -> BTreeMap<String, Vec<Wish>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(root().join("examples")).unwrap() {
        let folder = entry.unwrap().path();
        if let Ok(text) = fs::read_to_string(folder.join("wishes.yaml")) {
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            all.insert(name, serde_yaml::from_str(&text).unwrap());
        }
    }
    all
}

/// The files of a folder, by their paths in it.
fn files(folder: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_string_lossy().into_owned(), path);
            }
        }
    }
    found
}

/// Whether a path is meant by a pattern in which `*` stands for any text without a slash.
fn is_meant(path: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => path == pattern,
        Some((start, rest)) => path.strip_prefix(start).is_some_and(|path| {
            let end = path.find('/').unwrap_or(path.len());
            (0..=end).any(|at| path.get(at..).is_some_and(|path| is_meant(path, rest)))
        }),
    }
}

/// Whether the command line takes these arguments. `--help` comes last, so that nothing is done.
fn is_command(arguments: &str) -> bool {
    let done = Command::new(env!("CARGO_BIN_EXE_netgen"))
        .env_clear()
        .args(arguments.split_whitespace())
        .arg("--help")
        .output()
        .unwrap();
    done.status.success()
}

/// What is wrong with one row.
fn fault(wish: &Wish, bundle: &BTreeMap<String, PathBuf>) -> Option<String> {
    let place = wish.place.as_str();
    if wish.answer != Answer::Artifact && wish.holds.is_some() {
        return Some("only a file holds something".to_owned());
    }
    match wish.answer {
        Answer::Artifact => {
            let meant: Vec<_> = bundle.iter().filter(|(path, _)| is_meant(path, place)).collect();
            if meant.is_empty() {
                return Some(format!("no file `{place}` in the bundle"));
            }
            let wanted = wish.holds.as_deref().unwrap_or_default();
            let held = meant.iter().any(|(_, path)| fs::read_to_string(path).unwrap().contains(wanted));
            (!held).then(|| format!("`{place}` does not hold `{wanted}`"))
        }
        Answer::Rule => {
            Rule::find(&all_rules(), place).is_none().then(|| format!("there is no rule `{place}`"))
        }
        Answer::Command => {
            if let Some(arguments) = place.strip_prefix("netgen ") {
                return (!is_command(arguments)).then(|| format!("`{place}` is no command"));
            }
            let target = place.strip_prefix("make ").and_then(|rest| rest.split_whitespace().next());
            let makefile = bundle.get("Makefile").map(|path| fs::read_to_string(path).unwrap());
            let known = target.is_some_and(|target| {
                makefile.is_some_and(|text| text.lines().any(|line| line.starts_with(&format!("{target}:"))))
            });
            (!known).then(|| format!("`{place}` is neither a command nor a target of the Makefile"))
        }
        Answer::Limit => (wish.says.is_empty() || !place.is_empty())
            .then(|| "a limit says why, and stands nowhere".to_owned()),
    }
}

/// Builds an example and gives the files of its bundle.
fn bundle(name: &str, out: &Path) -> BTreeMap<String, PathBuf> {
    let example = root().join("examples").join(name);
    let done = Command::new(env!("CARGO_BIN_EXE_netgen"))
        .env_clear()
        .arg("build")
        .arg(example.join("network.yaml"))
        .arg("-o")
        .arg(out)
        .args(common::has_unlocked(&example).then_some("--allow-unlocked"))
        .output()
        .unwrap();
    assert!(done.status.success(), "{name}: {}", String::from_utf8_lossy(&done.stderr));
    files(out)
}

/// The table of one example.
fn table(wishes: &[Wish]) -> String {
    let mut text = String::from("| wish | in the plan | answer | where | |\n|---|---|---|---|---|\n");
    for wish in wishes {
        let place = match (wish.answer, wish.place.as_str()) {
            (Answer::Rule, code) => format!("[{code}](../../schema/RULES.md)"),
            (_, "") => String::new(),
            (_, place) => format!("`{place}`"),
        };
        let cells = [wish.wish.as_str(), &wish.seed, wish.answer.word(), &place, &wish.says];
        writeln!(text, "| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | ")).unwrap();
    }
    text
}

/// The table of all examples.
fn summary(all: &BTreeMap<String, Vec<Wish>>) -> String {
    let mut text = String::from("| plan | wishes |");
    for answer in Answer::ALL {
        write!(text, " {} |", answer.word()).unwrap();
    }
    text.push_str("\n|---|---:|---:|---:|---:|---:|\n");
    for (name, wishes) in all {
        write!(text, "| [{name}](examples/{name}/README.md) | {} |", wishes.len()).unwrap();
        for answer in Answer::ALL {
            write!(text, " {} |", wishes.iter().filter(|wish| wish.answer == answer).count()).unwrap();
        }
        text.push('\n');
    }
    text
}

const BEGIN: &str = "<!-- wishes -->\n";
const END: &str = "<!-- /wishes -->";

/// A text with what stands between the markers replaced. None where a marker is missing.
fn with_table(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{table}{END}{after}"))
}

#[test]
fn every_wish_is_where_it_is_said_to_be() {
    let all = wishes();
    assert_eq!(all.len(), 5, "each plan has its wishes");
    let mut faults = String::new();
    for (name, wishes) in &all {
        let folder = tempfile::tempdir().unwrap();
        let bundle = bundle(name, &folder.path().join("bundle"));
        for wish in wishes {
            if let Some(fault) = fault(wish, &bundle) {
                writeln!(faults, "{name}: {}: {fault}", wish.wish).unwrap();
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

/// Rows that are wrong, and what is said of each.
const BROKEN: &str = r#"
- { wish: a file that is not there, seed: "1", answer: artifact, where: "prometheus/rules/none.yml" }
- { wish: a text that is not there, seed: "1", answer: artifact, where: "Makefile", holds: "no such text" }
- { wish: a folder in the way, seed: "1", answer: artifact, where: "*Makefile*/x" }
- { wish: a rule that is not there, seed: "1", answer: rule, where: NG9999 }
- { wish: a command that is not there, seed: "1", answer: command, where: "netgen wizard" }
- { wish: an option that is not there, seed: "1", answer: command, where: "netgen build --fast" }
- { wish: a target that is not there, seed: "1", answer: command, where: "make coffee" }
- { wish: a limit without a reason, seed: "1", answer: limit }
"#;

#[test]
fn a_row_that_is_not_true_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let makefile = folder.path().join("Makefile");
    fs::write(&makefile, "deploy:\n").unwrap();
    let bundle = BTreeMap::from([("Makefile".to_owned(), makefile)]);
    for wish in serde_yaml::from_str::<Vec<Wish>>(BROKEN).unwrap() {
        assert!(fault(&wish, &bundle).is_some(), "{}", wish.wish);
    }
    let good = r#"
- { wish: a target, seed: "1", answer: command, where: "make deploy DRY_RUN=1" }
- { wish: a command, seed: "1", answer: command, where: "netgen analyze capacity" }
- { wish: a rule, seed: "1", answer: rule, where: NG0210 }
- { wish: a file, seed: "1", answer: artifact, where: "Make*", holds: "deploy:" }
- { wish: a limit, seed: "1", answer: limit, says: nobody can }
"#;
    for wish in serde_yaml::from_str::<Vec<Wish>>(good).unwrap() {
        assert_eq!(fault(&wish, &bundle), None, "{}", wish.wish);
    }
}

#[test]
fn the_tables_are_those_of_the_rows() {
    let update = std::env::var_os("NETGEN_UPDATE").is_some_and(|value| value == "1");
    let all = wishes();
    let mut tables = vec![(root().join("README.md"), summary(&all))];
    tables.extend(
        all.iter()
            .map(|(name, wishes)| (root().join("examples").join(name).join("README.md"), table(wishes))),
    );
    for (path, table) in tables {
        let text = fs::read_to_string(&path).unwrap();
        let new = with_table(&text, &table).unwrap_or_else(|| panic!("{}: no markers", path.display()));
        if update {
            fs::write(&path, new).unwrap();
        } else {
            assert!(
                new == text,
                "{}: `NETGEN_UPDATE=1 cargo test --test wishes` writes its table anew",
                path.display()
            );
        }
    }
}
