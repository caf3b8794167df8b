//! Names: whatever a user calls things, the compiler refuses it with help at its place, or every artifact
//! has a name of its own that its reader takes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;

use netgen::bundle::{BundlePath, Sealed};
use netgen::diag::Diagnostic;
use netgen::manifest::{NamePattern, is_device};
use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile};
use proptest::prelude::*;
use serde_json::{Value, json};

fn build(manifest: &Value) -> Compilation {
    let world = MemoryWorld::new([("network.json", manifest.to_string())]);
    compile(&world, &Input::new("network.json"), Options { allow_unlocked: true, ..Options::default() })
}

/// A network of this name with these services on one host, with all that has units: backups, the mesh, a
/// network of its own.
fn network(name: &str, runtime: &str, services: &[&str]) -> Value {
    let service = |name: &&str| {
        ((*name).to_owned(), json!({ "component": "geth", "host": "a", "networks": ["default", "own"] }))
    };
    json!({
        "netgen": 1,
        "network": { "name": name, "chain": "hoodi", "environment": "development" },
        "hosts": { "a": { "address": "203.0.113.10", "runtime": runtime } },
        "networks": { "own": {} },
        "services": services.iter().map(service).collect::<serde_json::Map<_, _>>(),
        "secrets": { "backup": { "env": "BACKUP_PASSWORD" } },
        "backup": { "to": "/mnt/backup", "password": { "secret": "backup" } },
        "security": { "firewall": "nftables" },
    })
}

fn with_code<'d>(found: &'d [Diagnostic], code: &str) -> Vec<&'d Diagnostic> {
    found.iter().filter(|finding| finding.rule.code == code).collect()
}

/// What must hold of every bundle, whatever is in it.
fn faults(bundle: &Sealed) -> Vec<String> {
    let mut found = Vec::new();
    let mut lower = BTreeSet::new();
    let mut folders: BTreeSet<String> = BTreeSet::new();
    for (path, _) in bundle.files() {
        if BundlePath::new(path.as_str()).is_err() {
            found.push(format!("{path} is no path"));
        }
        if !lower.insert(path.as_str().to_ascii_lowercase()) {
            found.push(format!("{path} is there twice"));
        }
        folders.extend(path.folders().map(str::to_ascii_lowercase));
    }
    found.extend(folders.intersection(&lower).map(|path| format!("{path} is a file and a folder")));
    found.extend(units_in_two_files(bundle.files().map(|(path, _)| path.as_str())));
    found
}

/// The units of each host, as systemd and podman's generator call them.
fn units_in_two_files<'p>(paths: impl Iterator<Item = &'p str>) -> Vec<String> {
    let mut units = BTreeSet::new();
    let mut found = Vec::new();
    for path in paths {
        let mut parts = path.split('/');
        let (Some("systemd" | "wireguard"), Some(host), Some(file)) =
            (parts.next(), parts.next(), parts.next_back())
        else {
            continue;
        };
        let unit = match file.rsplit_once('.') {
            Some((stem, "container")) => format!("{stem}.service"),
            Some((stem, "network")) => format!("{stem}-network.service"),
            Some((_, "service" | "timer")) => file.to_owned(),
            _ => continue,
        };
        if unit.len() > 255 || !units.insert((host.to_owned(), unit.clone())) {
            found.push(format!("unit {unit} of {host}"));
        }
    }
    found
}

#[test]
fn a_unit_in_two_files_is_found() {
    let twice = ["systemd/a/quadlet/netgen-x.network", "systemd/a/quadlet/netgen-x-network.container"];
    assert_eq!(units_in_two_files(twice.into_iter()).len(), 1);
    let long = format!("systemd/a/{}.service", "x".repeat(250));
    assert_eq!(units_in_two_files([long.as_str()].into_iter()).len(), 1);
    let fine = ["systemd/a/quadlet/netgen-x.network", "systemd/b/quadlet/netgen-x-network.container"];
    assert_eq!(units_in_two_files(fine.into_iter()).len(), 0);
}

#[test]
fn services_that_are_called_like_other_units() {
    for (runtime, name) in [
        ("systemd-docker", "network"),
        ("systemd-docker", "own-network"),
        ("systemd-docker", "firewall"),
        ("systemd-docker", "prune"),
        ("quadlet", "network"),
        ("quadlet", "own-network"),
        ("quadlet", "prune"),
    ] {
        let done = build(&network("x", runtime, &[name]));
        let found = with_code(&done.diagnostics, "NG0205");
        assert_eq!(found.len(), 1, "{runtime} {name}: {:?}", done.diagnostics);
        assert!(found[0].labels.len() == 2 && !found[0].help.is_empty(), "{:?}", found[0]);
        assert!(done.bundle.is_none());
        // Under Compose services have no units.
        let done = build(&network("x", "compose", &[name]));
        assert!(with_code(&done.diagnostics, "NG0205").is_empty(), "{name}: {:?}", done.diagnostics);
    }
}

#[test]
fn names_in_a_cluster() {
    for names in [
        ["chain", "chain-headless"],
        ["chain", "chain-outside"],
        ["chain", "names"],
        ["chain", "default-deny"],
    ] {
        let done = build(&network("x", "kubernetes", &names));
        assert_eq!(with_code(&done.diagnostics, "NG0205").len(), 1, "{names:?}: {:?}", done.diagnostics);
    }
    let mut manifest = network("x", "kubernetes", &["chain"]);
    manifest["hosts"]["b"] = json!({ "address": "203.0.113.11", "runtime": "kubernetes", "region": "none" });
    manifest["regions"] = json!({ "none": {} });
    manifest["services"]["more"] = json!({ "component": "geth", "host": "b" });
    let done = build(&manifest);
    let found = with_code(&done.diagnostics, "NG0205");
    assert!(found.iter().any(|finding| finding.message.contains("region `none`")), "{:?}", done.diagnostics);
}

#[test]
fn devices_and_numbers() {
    for name in ["con", "nul", "aux", "prn", "com1", "lpt9"] {
        assert!(is_device(name) && is_device(&name.to_uppercase()) && !NamePattern::matches(name));
        let near = NamePattern::nearest(name).unwrap();
        assert!(NamePattern::matches(&near), "{near}");
        let done = build(&network(name, "compose", &["chain"]));
        let found = with_code(&done.diagnostics, "NG0104");
        assert!(found[0].help[0].contains(&near), "{:?}", found[0]);
        let done = build(&network("x", "compose", &[name]));
        assert_eq!(with_code(&done.diagnostics, "NG0104").len(), 1, "{:?}", done.diagnostics);
    }
    for name in ["console", "com", "com10", "lpta", "auxiliary", "a-nul"] {
        assert!(NamePattern::matches(name), "{name}");
    }
    for (name, bad) in [("10", true), ("0x7f", true), ("localhost", true), ("0xg", false), ("10a", false)] {
        let done = build(&network("x", "compose", &[name]));
        assert_eq!(with_code(&done.diagnostics, "NG0236").len(), usize::from(bad), "{name}");
    }
}

/// The pattern of the schema and the function say the same.
fn says_the_same(name: &str) -> bool {
    let schema = NamePattern::schema();
    let valid = jsonschema::validator_for(&schema).unwrap().is_valid(&json!(name));
    valid == NamePattern::matches(name)
}

/// Words that somebody somewhere reads as something else, and parts of units that netgen makes.
fn word() -> impl Strategy<Value = String> {
    let words = [
        "a",
        "x",
        "all",
        "ungrouped",
        "localhost",
        "yes",
        "no",
        "on",
        "null",
        "true",
        "none",
        "0",
        "1",
        "1e3",
        "0x10",
        "22-22",
        "con",
        "nul",
        "network",
        "own",
        "own-network",
        "default",
        "default-deny",
        "names",
        "backup",
        "backup-x",
        "backup-a",
        "state",
        "prune",
        "firewall",
        "mesh",
        "headless",
        "a-headless",
        "a-outside",
        "x-network",
        "services",
        "config",
        "quadlet",
        "journald",
        "bin",
        "x-backup",
        "drift",
        "node",
        "host",
    ];
    prop_oneof![
        4 => proptest::sample::select(words.to_vec()).prop_map(str::to_owned),
        2 => "[a-z0-9-]{1,8}",
        1 => "[a-z]{55,66}",
        1 => "[A-Za-z0-9._/\\\\ :*?\\-\u{e9}\u{202e}\0]{1,10}",
        1 => Just("../../etc".to_owned()),
        1 => Just("/etc/cron.d/x".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_network_is_refused_at_its_place_or_whole(
        name in word(),
        names in proptest::collection::btree_set(word(), 1..4),
        region in word(),
        host in word(),
        inner in word(),
        role in word(),
        runtime in proptest::sample::select(vec!["compose", "systemd-docker", "quadlet", "native", "kubernetes"]),
    ) {
        let services: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut manifest = network(&name, runtime, &services);
        manifest["regions"] = json!({ region.clone(): {} });
        manifest["hosts"][&host] = json!({ "address": "203.0.113.11", "runtime": runtime, "region": region });
        manifest["stacks"] = json!({ "s": { inner: { "component": "geth" } } });
        manifest["nodes"] = json!({ names.iter().next().unwrap(): { "host": host, "role": role, "stack": "s" } });
        let done = build(&manifest);
        for finding in done.diagnostics.iter().filter(|finding| finding.is_error()) {
            prop_assert!(finding.span().is_somewhere(), "{}", finding.message);
        }
        match &done.bundle {
            Some(bundle) => prop_assert_eq!(faults(bundle), Vec::<String>::new()),
            None => prop_assert!(done.failed(), "neither a bundle nor an error"),
        }
    }

    #[test]
    fn the_schema_says_what_the_program_says(name in word()) {
        prop_assert!(says_the_same(&name), "{name}");
        if let Some(near) = NamePattern::nearest(&name) {
            prop_assert!(NamePattern::matches(&near), "{name}: {near}");
        }
    }
}
