//! `netgen import`: manifests of other tools become manifests of ours that compile, with the same port
//! numbers, and nothing is lost without a finding at its line.
//!
//! `NETGEN_UPDATE=1 cargo test --test import` writes the converted manifests anew; review the difference.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use netgen::diag::{Diagnostic, Sink};
use netgen::import::load_network::{Options, import};
use netgen::text::SourceMap;
use netgen::world::MemoryWorld;
use netgen::{Input, compile_to_plan};

const SAMPLES: [&str; 2] = ["seven-nodes", "by-index"];

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import")
}

fn sample(name: &str) -> String {
    fs::read_to_string(folder().join(format!("{name}.yaml"))).unwrap()
}

fn options(keys: Option<&str>) -> Options {
    Options {
        genesis_time: Some("2026-12-01T12:00:00Z".to_owned()),
        now: "2026-11-21T00:00:00Z".to_owned(),
        secrets: "secrets.sops.yaml".to_owned(),
        keys: keys.map(str::to_owned),
    }
}

fn imported(text: &str, options: &Options) -> (Option<String>, Vec<Diagnostic>) {
    let (mut sources, mut sink) = (SourceMap::default(), Sink::new());
    let manifest = import("old.yaml", text, options, &mut sources, &mut sink);
    (manifest, sink.into_sorted())
}

fn told(findings: &[Diagnostic]) -> Vec<String> {
    findings.iter().map(|d| format!("{} {}", d.rule.code, d.message)).collect()
}

/// Compiles what came out. Gives the port of each interface, by service and interface.
fn ports(manifest: &str) -> BTreeMap<String, u16> {
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    let options = netgen::Options { allow_unlocked: true, ..netgen::Options::default() };
    let compilation = compile_to_plan(&world, &Input::new("network.yaml"), options);
    let errors: Vec<String> =
        told(&compilation.diagnostics.iter().filter(|d| d.is_error()).cloned().collect::<Vec<_>>());
    assert!(errors.is_empty(), "{errors:#?}\n{manifest}");
    let topology = compilation.plan.unwrap().topology;
    let listeners = topology.services.iter().flat_map(|service| {
        service.listeners.iter().filter_map(|l| Some((format!("{}/{}", service.name, l.interface), l.port?)))
    });
    listeners.collect()
}

#[test]
fn what_comes_out_is_as_reviewed_and_compiles() {
    for name in SAMPLES {
        let (manifest, findings) = imported(&sample(name), &options(None));
        let manifest = manifest.unwrap_or_else(|| panic!("{name}: {:?}", told(&findings)));
        let golden = folder().join(format!("{name}.out.yaml"));
        if std::env::var_os("NETGEN_UPDATE").is_some_and(|value| value == "1") {
            fs::write(&golden, &manifest).unwrap();
        }
        assert_eq!(manifest, fs::read_to_string(&golden).unwrap(), "{name}");
        ports(&manifest);
    }
}

/// The numbers that the other generator gives: base + place of the host x stride + place on the host.
#[test]
fn ports_are_those_of_the_other_generator() {
    let (manifest, _) = imported(&sample("seven-nodes"), &options(None));
    let ports = ports(&manifest.unwrap());
    for (node, first) in [
        ("node-0", [8545, 8551, 30303, 9001, 27000, 28000, 29000]),
        ("node-1", [8546, 8552, 30304, 9002, 27001, 28001, 29001]),
        ("node-2", [9545, 9551, 31303, 10001, 28000, 29000, 30000]),
        ("node-5", [10546, 10552, 32304, 11002, 29001, 30001, 31001]),
        ("node-rpc", [11545, 11551, 33303, 12001, 30000, 31000, 32000]),
    ] {
        let names = [
            "execution/eth-rpc",
            "execution/authrpc",
            "execution/p2p",
            "execution/metrics",
            "consensus/p2p",
            "consensus/mempool",
            "consensus/metrics",
        ];
        for (name, port) in names.iter().zip(first) {
            assert_eq!(ports[&format!("{node}-{name}")], port, "{node} {name}");
        }
    }
    let (manifest, _) = imported(&sample("by-index"), &options(None));
    let ports = self::ports(&manifest.unwrap());
    assert_eq!((ports["one-execution/eth-rpc"], ports["two-execution/eth-rpc"]), (18545, 18546));
    assert_eq!((ports["one-execution/authrpc"], ports["two-consensus/metrics"]), (8551, 29001));
}

#[test]
fn what_is_not_carried_over_is_told_at_its_line() {
    let text = sample("seven-nodes");
    let lines = |findings: &[Diagnostic]| -> Vec<(String, String)> {
        let at =
            |d: &Diagnostic| text.get(d.span().start as usize..d.span().end as usize).unwrap().to_owned();
        findings.iter().map(|d| (d.message.clone(), at(d))).collect()
    };
    let (_, findings) = imported(&text, &options(Some("bundle/private")));
    assert!(findings.iter().all(|d| d.rule.code == "NG0118" && !d.help.is_empty()), "{:?}", told(&findings));
    let found = lines(&findings);
    for (message, place) in [
        ("the path of the socket", "\"/run/load-reth/{node_id}/engine.ipc\""),
        ("the address of metrics", "\"127.0.0.1\""),
        ("the namespaces `debug` and `trace`", "node-rpc"),
    ] {
        assert!(found.iter().any(|(m, p)| m.contains(message) && p == place), "{message}: {found:?}");
    }
    assert_eq!(found.len(), 3, "{found:?}");
    // Without the keys, the time and the accounts there is more to tell.
    let less = Options { genesis_time: None, ..options(None) };
    let (_, findings) = imported(&sample("by-index"), &less);
    let found = told(&findings).join("\n");
    for message in ["three accounts", "time of the first block", "keys of the nodes", "`1500ms` becomes 2s"] {
        assert!(found.contains(message), "{message}: {found}");
    }
}

#[test]
fn keys_of_a_network_that_runs_are_kept() {
    let (manifest, _) = imported(&sample("seven-nodes"), &options(Some("bundle/private/")));
    let manifest = manifest.unwrap();
    assert!(manifest.contains("bundle/private/load-reth/p2p-keys/node-0.key"), "{manifest}");
    assert!(
        manifest.contains("bundle/private/ultramarine/homes/node-5/config/priv_validator_key.json"),
        "{manifest}"
    );
}

/// Each change makes the sample wrong; the finding has this code, and these words.
#[test]
fn what_is_wrong_is_refused() {
    for (from, to, code, words) in [
        ("schema_version: 1", "schema_version: 2", "NG0104", "version 2"),
        ("schema_version: 1\n", "", "NG0105", "schema_version"),
        ("chain_id: 4201985", "chain_id: 0", "NG0104", "no id 0"),
        ("name: sevennet", "name: ../seven", "NG0104", "cannot be the name of a network"),
        ("parallel_requests: 100", "parralel_requests: 100", "NG0103", "parralel_requests"),
        ("request_timeout: \"60s\"", "request_timeout: \"60\"", "NG0104", "`60` is no time"),
        ("max_request_size: \"50 MiB\"", "max_request_size: \"50 MiBs\"", "NG0104", "`50 MiBs` is no size"),
        ("mode: ipc", "mode: http", "NG0104", "`engine.mode` cannot be `http`"),
        ("{node_id}/", "", "NG0104", "would share a socket"),
        (
            "allocation: host-block",
            "allocation: hostblock",
            "NG0104",
            "`ports.allocation` cannot be `hostblock`",
        ),
        ("el: { http: 8545", "el: { http: 65000", "NG0209", "would be port"),
        (
            "enabled: true\n  max_request",
            "enabled: false\n  max_request",
            "NG0104",
            "`sync.enabled` cannot be `false`",
        ),
        ("id: node-1,", "id: node-0,", "NG0205", "node `node-0` stands twice"),
        ("\"203.0.113.11\"", "\"203.0.113.10\"", "NG0205", "address `203.0.113.10` stands twice"),
        ("id: node-5, host: fra-1", "id: node-5, host: fra-2", "NG0201", "host `fra-2` does not exist"),
        ("role: fullnode", "role: fulnode", "NG0104", "`role` cannot be `fulnode`"),
        ("rpc_node: node-rpc", "rpc_node: node-rcp", "NG0201", "node `node-rcp` does not exist"),
        ("ssl: { enabled: true", "ssl: { enabled: false", "NG0104", "without TLS"),
        ("balance_wei: \"7\"", "balance_wei: \"seven\"", "NG0104", "`seven` is no balance"),
        ("0x2411c6e43299a09d2225d58e9e7977237b3e4c49", "0x2411", "NG0104", "`0x2411` is no address"),
        ("provider_id: demo", "provider_id: \"\"", "NG0104", "validators need an archive"),
    ] {
        let text = sample("seven-nodes");
        assert!(text.contains(from), "{from}");
        let (manifest, findings) = imported(&text.replacen(from, to, 1), &options(None));
        assert!(manifest.is_none(), "{to} is let through");
        let found =
            findings.iter().find(|d| d.is_error() && d.rule.code == code && d.message.contains(words));
        let found = found.unwrap_or_else(|| panic!("{to}: {:?}", told(&findings)));
        assert!(found.span().is_somewhere() && !found.help.is_empty(), "{to}: {found:?}");
    }
}

#[test]
fn no_text_makes_it_fall_over() {
    let text = sample("seven-nodes");
    for cut in 0..text.len() {
        if let Some(start) = text.get(..cut).filter(|_| cut % 7 == 0) {
            imported(start, &options(None));
        }
    }
    for text in ["", "[]", "1", "schema_version: [", "hosts: {}\nnodes: 7\n", "\u{0}"] {
        assert!(imported(text, &options(None)).0.is_none(), "{text}");
    }
}

#[test]
fn the_command_writes_once_and_says_what_is_lost() {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("old.yaml"), sample("seven-nodes")).unwrap();
    let run = |arguments: &[&str]| {
        let all = [&["import", "load-network", "old.yaml"], arguments].concat();
        Command::new(env!("CARGO_BIN_EXE_netgen"))
            .current_dir(here.path())
            .env_clear()
            .args(all)
            .output()
            .unwrap()
    };
    let done = run(&["--genesis-time", "0x6a1e4f40"]);
    let (out, err) = (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap());
    assert!(done.status.success(), "{err}");
    assert!(out.contains("netgen: 1") && out.contains("time: \"2026-06-02T03:34:24Z\""), "{out}");
    assert!(err.contains("NG0118") && err.contains("engine.ipc"), "{err}");
    let written = run(&["-o", "network.yaml"]);
    assert!(written.status.success() && here.path().join("network.yaml").is_file());
    assert_eq!(run(&["-o", "network.yaml"]).status.code(), Some(2));
    assert_eq!(run(&["--genesis-time", "soon"]).status.code(), Some(2));
    fs::write(here.path().join("old.yaml"), "schema_version: 2\n").unwrap();
    assert_eq!(run(&[]).status.code(), Some(1));
}
