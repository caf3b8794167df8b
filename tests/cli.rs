//! The command line: exit codes, streams, and what a broken manifest leaves behind.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn netgen(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_netgen")).current_dir(folder).env_clear().args(args).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A folder with the smallest example, its lock, and its bundle.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/minimal");
    for file in ["network.yaml", "netgen.lock"] {
        fs::copy(source.join(file), folder.path().join(file)).unwrap();
    }
    let built = netgen(folder.path(), &["build"]);
    assert_eq!(code(&built), 0, "{}", stderr(&built));
    folder
}

const THREE_MISTAKES: &str = "netgen: 1
network: { name: é-network, chain: hodi }
hosts:
  node-1: { address: 203.0.113.10, regoin: eu }
";

#[test]
fn three_mistakes_are_three_findings_and_the_bundle_stays() {
    let folder = project();
    let before = fs::read(folder.path().join("bundle/bundle.json")).unwrap();
    fs::write(folder.path().join("network.yaml"), THREE_MISTAKES.replace("é-network", "Big")).unwrap();
    let built = netgen(folder.path(), &["build", "--format", "json"]);
    assert_eq!(code(&built), 1);
    let report: serde_json::Value = serde_json::from_str(&stdout(&built)).unwrap();
    let found: Vec<(String, u64, u64)> = report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| {
            let start = &d["labels"][0]["start"];
            (
                d["code"].as_str().unwrap().to_owned(),
                start["line"].as_u64().unwrap(),
                start["column"].as_u64().unwrap(),
            )
        })
        .collect();
    let expected = [("NG0104", 2, 18), ("NG0201", 2, 30), ("NG0103", 4, 36)];
    let expected: Vec<(String, u64, u64)> =
        expected.iter().map(|(code, line, column)| ((*code).to_owned(), *line, *column)).collect();
    assert_eq!(found, expected);
    assert_eq!(fs::read(folder.path().join("bundle/bundle.json")).unwrap(), before);
}

#[test]
fn every_format_reports_and_none_changes_the_exit_code() {
    let folder = project();
    fs::write(folder.path().join("network.yaml"), THREE_MISTAKES).unwrap();
    for format in ["human", "json", "sarif", "github"] {
        let checked = netgen(folder.path(), &["check", "--format", format]);
        assert_eq!(code(&checked), 1, "{format}");
        let text = stdout(&checked) + &stderr(&checked);
        assert!(text.contains("NG0103"), "{format}: {text}");
    }
}

#[test]
fn an_image_that_is_not_locked_stops_the_build_with_its_own_code() {
    let folder = project();
    fs::remove_file(folder.path().join("netgen.lock")).unwrap();
    let built = netgen(folder.path(), &["build"]);
    assert_eq!(code(&built), 4, "{}", stderr(&built));
    assert!(stderr(&built).contains("netgen lock"));
    let allowed = netgen(folder.path(), &["build", "--allow-unlocked"]);
    assert_eq!(code(&allowed), 0, "{}", stderr(&allowed));
    let verified = netgen(folder.path(), &["verify", "--production"]);
    assert_eq!(code(&verified), 1);
    assert_eq!(code(&netgen(folder.path(), &["verify"])), 0);
}

#[test]
fn a_stale_bundle_is_told_and_cured() {
    let folder = project();
    assert_eq!(code(&netgen(folder.path(), &["build", "--check"])), 0);
    let manifest = folder.path().join("network.yaml");
    let text = fs::read_to_string(&manifest).unwrap().replace("203.0.113.10", "203.0.113.99");
    fs::write(&manifest, text).unwrap();
    let stale = netgen(folder.path(), &["build", "--check"]);
    assert_eq!(code(&stale), 3);
    assert!(stdout(&stale).contains("out of date"));
    fs::write(folder.path().join("bundle/diagrams/topology.mmd"), "edited").unwrap();
    assert!(stdout(&netgen(folder.path(), &["build", "--check"])).contains("edited by hand"));
    assert_eq!(code(&netgen(folder.path(), &["build"])), 0);
    assert_eq!(code(&netgen(folder.path(), &["build", "--check"])), 0);
}

#[test]
fn tampering_is_found() {
    let folder = project();
    assert_eq!(code(&netgen(folder.path(), &["verify", "bundle"])), 0);
    let path = folder.path().join("bundle/compose/node-1/compose.yaml");
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    fs::write(&path, bytes).unwrap();
    let verified = netgen(folder.path(), &["verify", "bundle"]);
    assert_eq!(code(&verified), 1);
    assert!(stdout(&verified).contains("compose/node-1/compose.yaml"));
}

#[test]
fn locking_twice_changes_nothing() {
    let folder = project();
    let lock = folder.path().join("netgen.lock");
    let before = fs::read(&lock).unwrap();
    assert_eq!(code(&netgen(folder.path(), &["lock"])), 0);
    assert_eq!(code(&netgen(folder.path(), &["lock", "--check"])), 0);
    assert_eq!(fs::read(&lock).unwrap(), before);
    fs::remove_file(&lock).unwrap();
    let unknown = netgen(folder.path(), &["lock", "--offline"]);
    assert_eq!(code(&unknown), 4);
    assert!(stderr(&unknown).contains("--pins"));
}

#[test]
fn usage_errors_are_two() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(&netgen(folder.path(), &["frobnicate"])), 2);
    assert_eq!(code(&netgen(folder.path(), &["build"])), 2);
    for name in ["network.yaml", "network.json"] {
        fs::write(folder.path().join(name), "{}").unwrap();
    }
    let ambiguous = netgen(folder.path(), &["check"]);
    assert_eq!(code(&ambiguous), 2);
    assert!(stderr(&ambiguous).contains("network.json"));
    let near = netgen(folder.path(), &["explain", "port-colision"]);
    assert_eq!(code(&near), 2);
    assert!(stderr(&near).contains("port-collision"));
}

#[test]
fn data_goes_to_standard_output() {
    let folder = project();
    for (args, expected) in [
        (vec!["graph"], "flowchart LR"),
        (vec!["explain", "NG0210"], "## Why"),
        (vec!["explain"], "NG0601"),
        (vec!["components"], "geth"),
        (vec!["components", "geth"], "settings"),
        (vec!["schema"], "\"$schema\""),
        (vec!["show"], "listens p2p 30303 public"),
        (vec!["completions", "bash"], "netgen"),
        (vec!["man"], ".TH netgen"),
    ] {
        let done = netgen(folder.path(), &args);
        assert_eq!(code(&done), 0, "{args:?}: {}", stderr(&done));
        assert!(stdout(&done).contains(expected), "{args:?}");
        assert_eq!(stderr(&done), "", "{args:?}");
    }
}

#[test]
fn the_schemas_are_as_the_types_say() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(&netgen(folder.path(), &["schema", "--write", "."])), 0);
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
    let mut count = 0;
    for entry in fs::read_dir(folder.path()).unwrap() {
        let name = entry.unwrap().file_name();
        let (new, old) = (fs::read(folder.path().join(&name)).unwrap(), fs::read(committed.join(&name)));
        assert!(
            old.is_ok_and(|old| old == new),
            "schema/{} is out of date; `cargo run -- schema --write schema` writes it anew",
            name.display()
        );
        count += 1;
    }
    assert_eq!(fs::read_dir(&committed).unwrap().count(), count, "a schema too many");
}

#[test]
fn no_input_makes_it_panic() {
    let folder = tempfile::tempdir().unwrap();
    let cases: &[(&str, &[u8])] = &[
        ("empty.yaml", b""),
        ("null.yaml", b"~"),
        ("list.yaml", b"[1, 2]"),
        ("binary.yaml", &[0xff, 0xfe, 0x00]),
        ("deep.json", &[b'['; 5000]),
        ("self.yaml", b"a: &a [*a]"),
        ("wrong.toml", b"netgen = 1\nnetwork = 3\n"),
        ("huge.yaml", b"netgen: 99999999999999999999999999\nnetwork: {name: x, chain: hoodi}"),
        ("names.yaml", b"netgen: 1\nnetwork: {name: ../x, chain: hoodi}\nhosts: {'../../etc': {address: 1.2.3.4}}"),
        ("ports.yaml", b"netgen: 1\nnetwork: {name: x, chain: hoodi}\nhosts: {a: {address: 1.2.3.4}}\nservices: {el: {host: a, component: geth, ports: {p2p: 0}}}"),
    ];
    for (name, bytes) in cases {
        fs::write(folder.path().join(name), bytes).unwrap();
        let checked = netgen(folder.path(), &["check", name]);
        // What is no text at all cannot be read.
        let expected = if *name == "binary.yaml" { 5 } else { 1 };
        assert_eq!(code(&checked), expected, "{name}: {}", stderr(&checked));
        assert!(!stderr(&checked).is_empty(), "{name} is refused in silence");
    }
}

#[test]
fn what_cannot_be_read_hides_no_other_mistake_and_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  a: { address: 203.0.113.10, region: nowhere }
  b: { region: eu }
regions: { eu: {} }
stacks: { el: { execution: { component: geth } } }
nodes:
  one: { host: b, role: rpc, stack: el }
  two: { host: gone, role: rpc, stack: el }
services:
  db: { component: postgres, host: one-that-is-not }
";
    fs::write(folder.path().join("network.yaml"), manifest).unwrap();
    let checked = netgen(folder.path(), &["check", "--format", "json"]);
    assert_eq!(code(&checked), 1);
    let report: serde_json::Value = serde_json::from_str(&stdout(&checked)).unwrap();
    let found: Vec<(&str, u64)> = report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| (d["code"].as_str().unwrap(), d["labels"][0]["start"]["line"].as_u64().unwrap()))
        .collect();
    // Host `b` has no address: that `one` stands on it is no second mistake.
    assert_eq!(found, [("NG0201", 4), ("NG0105", 5), ("NG0201", 10), ("NG0201", 12)]);
}

#[test]
fn what_cannot_be_read_has_an_exit_code_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    for manifest in ["missing.yaml", "."] {
        let checked = netgen(folder.path(), &["check", manifest]);
        assert_eq!(code(&checked), 5, "{manifest}: {}", stderr(&checked));
    }
}

#[test]
fn a_slip_beside_a_password_does_not_print_it() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "netgen: 1
network: { name: demo, chain: hoodi
services:
  db: { component: postgres, environment: { POSTGRES_PASSWORD: hunter2, API-TOKEN: 'hunter3' } }
";
    fs::write(folder.path().join("network.yaml"), manifest).unwrap();
    for format in ["human", "json", "sarif", "github"] {
        let checked = netgen(folder.path(), &["check", "--format", format]);
        assert_eq!(code(&checked), 1);
        let said = stdout(&checked) + &stderr(&checked);
        assert!(said.contains("NG0101") && !said.contains("hunter"), "{said}");
    }
    let human = stderr(&netgen(folder.path(), &["check"]));
    assert!(human.contains("*******"), "the line is shown without its secrets: {human}");
}

#[test]
fn a_lock_that_cannot_be_read_is_written_anew() {
    let folder = project();
    let lock = folder.path().join("netgen.lock");
    let before = fs::read_to_string(&lock).unwrap();
    fs::write(&lock, before.replace("version = 1", "version = one")).unwrap();
    let built = netgen(folder.path(), &["build"]);
    assert_eq!(code(&built), 4, "{}", stderr(&built));
    let pins = folder.path().join("pins");
    let list: String = before
        .lines()
        .collect::<Vec<_>>()
        .windows(2)
        .filter_map(|pair| {
            let image = pair[0].strip_prefix("[image.\"")?.strip_suffix("\"]")?;
            Some(format!("{image} {}\n", pair[1].strip_prefix("digest = \"")?.strip_suffix('"')?))
        })
        .collect();
    fs::write(&pins, list).unwrap();
    let written = netgen(folder.path(), &["lock", "--pins", "pins"]);
    assert_eq!(code(&written), 0, "{}", stderr(&written));
    assert_eq!(fs::read_to_string(&lock).unwrap(), before);
}

#[test]
fn the_version_is_the_same_however_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let by_parser = netgen(folder.path(), &["--quiet", "--version"]);
    assert_eq!((code(&by_parser), stdout(&by_parser).is_empty()), (0, false));
    for asked in ["--version", "-V"] {
        let said = netgen(folder.path(), &[asked]);
        assert_eq!((code(&said), stdout(&said)), (0, stdout(&by_parser)));
    }
    assert_eq!(code(&netgen(folder.path(), &["--version=2"])), 2);
}
