//! Every example: its bundle is as under `snapshots/`, whatever the machine; and the three syntaxes
//! of a manifest say the same.
//!
//! `NETGEN_UPDATE=1 cargo test --test examples` writes the snapshots anew; review the difference.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use serde::Deserialize as _;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "common/examples.rs"]
mod common;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn examples() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join("examples"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("network.yaml").is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(!names.is_empty());
    names
}

/// Every file below a folder, by relative path.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).into_iter().flatten() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

struct Build<'a> {
    /// The example that it is, wherever it lies.
    name: &'a str,
    manifest: &'a Path,
    out: &'a Path,
    folder: &'a Path,
    environment: &'a [(&'a str, &'a str)],
}

fn build(build: &Build<'_>) {
    let done = Command::new(env!("CARGO_BIN_EXE_netgen"))
        .current_dir(build.folder)
        .env_clear()
        .envs(build.environment.iter().copied())
        .arg("build")
        .arg(build.manifest)
        .arg("-o")
        .arg(build.out)
        .args(common::has_unlocked(&root().join("examples").join(build.name)).then_some("--allow-unlocked"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{}: {text}", build.manifest.display());
}

/// The page is no part of the snapshots: its script would stand there once for each example, and what it
/// shows stands beside it. That it is the same is shown by its digest in `SHA256SUMS`.
const PAGE: &str = "report/index.html";

#[test]
fn bundles_are_as_in_the_snapshots() {
    let update = std::env::var_os("NETGEN_UPDATE").is_some_and(|value| value == "1");
    for name in examples() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("bundle");
        let manifest = root().join("examples").join(&name).join("network.yaml");
        build(&Build { name: &name, manifest: &manifest, out: &out, folder: root(), environment: &[] });
        let snapshot = root().join("snapshots").join(&name);
        let (mut new, old) = (files(&out), files(&snapshot));
        assert!(new.remove(PAGE).is_some(), "{name} has no page");
        if update {
            let _ = fs::remove_dir_all(&snapshot);
            for (path, bytes) in &new {
                let path = snapshot.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
            continue;
        }
        let paths: BTreeSet<&String> = new.keys().chain(old.keys()).collect();
        let changed: Vec<&&String> = paths.iter().filter(|path| new.get(**path) != old.get(**path)).collect();
        if let Some(first) = changed.first() {
            let text = |files: &BTreeMap<String, Vec<u8>>| {
                files.get(**first).map(|b| String::from_utf8_lossy(b).into_owned()).unwrap_or_default()
            };
            let (before, after) = (text(&old), text(&new));
            let diff = similar::TextDiff::from_lines(&before, &after).unified_diff().to_string();
            panic!(
                "{name}: {} files differ from snapshots/{name}, first {first}:\n{diff}\n\
                 `NETGEN_UPDATE=1 cargo test --test examples` writes them anew",
                changed.len()
            );
        }
    }
}

#[test]
fn an_example_that_is_not_pinned_says_so() {
    for name in examples() {
        let folder = root().join("examples").join(&name);
        let done = Command::new(env!("CARGO_BIN_EXE_netgen"))
            .current_dir(&folder)
            .env_clear()
            .args(["lock", "--check", "network.yaml"])
            .status()
            .unwrap();
        // Pinned by now? Then its README speaks of it no more.
        let unlocked = common::has_unlocked(&folder);
        assert_eq!(done.code(), Some(if unlocked { 4 } else { 0 }), "{name}");
        let readme = fs::read_to_string(folder.join("README.md")).unwrap_or_default();
        assert!(!unlocked || readme.contains("netgen lock"), "{name}");
    }
}

#[test]
fn no_snapshot_is_without_an_example() {
    let known = examples();
    for entry in fs::read_dir(root().join("snapshots")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&name), "snapshots/{name} belongs to no example");
    }
}

#[test]
fn the_machine_does_not_show_in_a_bundle() {
    for name in examples() {
        let here = tempfile::tempdir().unwrap();
        let there = tempfile::Builder::new().prefix("ünder ether").tempdir().unwrap();
        let source = root().join("examples").join(&name);
        let copy = there.path().join("deep/er");
        common::copy_inputs(&source, &copy);
        let first = here.path().join("a");
        build(&Build {
            name: &name,
            manifest: &source.join("network.yaml"),
            out: &first,
            folder: root(),
            environment: &[("HOME", "/root"), ("TZ", "UTC"), ("LANG", "C")],
        });
        let second = there.path().join("b");
        build(&Build {
            name: &name,
            manifest: Path::new("network.yaml"),
            out: &second,
            folder: &copy,
            environment: &[
                ("HOME", "/nonexistent"),
                ("TZ", "Asia/Kolkata"),
                ("LANG", "tr_TR.UTF-8"),
                ("LC_ALL", "tr_TR.UTF-8"),
            ],
        });
        assert!(files(&first) == files(&second), "{name} differs by the machine");
    }
}

#[cfg(unix)]
#[test]
fn the_umask_does_not_show_in_a_bundle() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let manifest = root().join("examples/ethereum-validator/network.yaml");
    for mask in ["000", "077"] {
        let out = folder.path().join(mask);
        // The umask belongs to a process; a shell sets it for the one that it becomes.
        let done = Command::new("/bin/sh")
            .args(["-c", "umask \"$1\"; exec \"$2\" build \"$3\" -o \"$4\" --quiet", "sh", mask])
            .arg(env!("CARGO_BIN_EXE_netgen"))
            .arg(&manifest)
            .arg(&out)
            .status()
            .unwrap();
        assert!(done.success());
    }
    let modes = |mask: &str| -> BTreeMap<String, u32> {
        let base = folder.path().join(mask);
        files(&base)
            .keys()
            .map(|path| (path.clone(), fs::metadata(base.join(path)).unwrap().permissions().mode() & 0o7777))
            .collect()
    };
    assert_eq!(modes("000"), modes("077"));
    assert!(modes("077").values().any(|mode| *mode == 0o755));
}

/// The same tree as TOML. Only what manifests hold.
fn to_toml(value: &serde_json::Value) -> toml::Value {
    match value {
        serde_json::Value::Null => panic!("TOML has no null"),
        serde_json::Value::Bool(b) => toml::Value::Boolean(*b),
        serde_json::Value::Number(n) => {
            n.as_i64().map_or_else(|| toml::Value::Float(n.as_f64().unwrap()), toml::Value::Integer)
        }
        serde_json::Value::String(s) => toml::Value::String(s.clone()),
        serde_json::Value::Array(items) => toml::Value::Array(items.iter().map(to_toml).collect()),
        serde_json::Value::Object(map) => {
            toml::Value::Table(map.iter().map(|(key, value)| (key.clone(), to_toml(value))).collect())
        }
    }
}

#[test]
fn yaml_toml_and_json_give_one_bundle() {
    for name in examples() {
        let source = root().join("examples").join(&name);
        let text = fs::read_to_string(source.join("network.yaml")).unwrap();
        // An independent reader: what it understands is what the YAML says.
        let value: serde_json::Value = serde_yaml::from_str(&text).unwrap();
        let folder = tempfile::tempdir().unwrap();
        common::copy_inputs(&source, folder.path());
        fs::remove_file(folder.path().join("network.yaml")).unwrap();
        let json = folder.path().join("network.json");
        fs::write(&json, serde_json::to_string_pretty(&value).unwrap()).unwrap();
        let toml_path = folder.path().join("network.toml");
        fs::write(&toml_path, toml::to_string(&to_toml(&value)).unwrap()).unwrap();
        let mut bundles = Vec::new();
        for manifest in [&source.join("network.yaml"), &json, &toml_path] {
            let out = folder.path().join(manifest.extension().unwrap());
            build(&Build { name: &name, manifest, out: &out, folder: root(), environment: &[] });
            bundles.push(files(&out));
        }
        assert!(bundles[0] == bundles[1], "{name}: JSON gives another bundle");
        assert!(bundles[0] == bundles[2], "{name}: TOML gives another bundle");
    }
}

#[test]
fn every_yaml_file_is_read_alike_by_another_reader() {
    for name in examples() {
        for (path, bytes) in files(&root().join("snapshots").join(&name)) {
            // Playbooks carry tags of Ansible that only Ansible knows.
            let yaml = path.ends_with(".yml") || path.ends_with(".yaml");
            if yaml && !path.starts_with("ansible/") {
                let text = String::from_utf8(bytes).unwrap();
                // Objects of Kubernetes stand in one file, one document each.
                for document in serde_yaml::Deserializer::from_str(&text) {
                    let read = serde_yaml::Value::deserialize(document);
                    assert!(read.is_ok(), "{name}/{path}: {read:?}");
                }
            }
        }
    }
}

#[test]
fn the_smallest_network_is_short() {
    let text = fs::read_to_string(root().join("examples/minimal/network.yaml")).unwrap();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#')).count();
    assert!(lines < 20, "{lines} lines");
}
