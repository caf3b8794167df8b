//! `netgen analyze alerts`: which failures alerts tell, and to whom.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::Command;

use netgen::analyze::{Analysis, Topic, analyze};
use netgen::catalog::failure::Failure;
use netgen::diag::Diagnostic;
use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile_to_plan};

fn run(manifest: &str) -> Compilation {
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    let options = Options { allow_unlocked: true, ..Options::default() };
    let compilation = compile_to_plan(&world, &Input::new("network.yaml"), options);
    let errors: Vec<&Diagnostic> = compilation.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}\n{manifest}");
    compilation
}

fn analysis(manifest: &str) -> Analysis {
    let plan = run(manifest).plan.unwrap();
    analyze(&plan.topology, &plan.placed(), Topic::Alerts)
}

fn command(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_netgen")).args(arguments).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// A network with monitoring and one component of its own; `alerts` are its own alerts.
fn watched(alerts: &str) -> String {
    format!(
        "netgen: 1
network: {{ name: demo, chain: hoodi }}
regions: {{ eu: {{ provider: p }}, us: {{ provider: q }} }}
hosts:
  a: {{ address: 203.0.113.10, region: eu }}
  b: {{ address: 203.0.113.11, region: us }}
components:
  relayer:
    component: relayer
    summary: Passes requests of builders on
    kind: block-builder
    version: {{ tested: 1.0.0 }}
    image: registry.example.net/relayer
    provides: {{ metrics: {{ port: 26660, protocol: http, path: /metrics }} }}
    metrics: {{ relays: {{ type: gauge, help: Relays that answer }} }}
    sources: [ invented ]
{alerts}services:
  relayer: {{ host: a, component: relayer }}
  relayer-2: {{ host: b, component: relayer }}
secrets: {{ pagerduty: {{ env: PAGERDUTY_KEY }}, slack: {{ env: SLACK_URL }} }}
monitoring:
  host: a
  receivers:
    oncall: {{ pagerduty: {{ secret: pagerduty }} }}
    europe: {{ slack: {{ secret: slack, channel: '#eu' }} }}
  routes: [ {{ severity: [P3], region: [eu], to: europe }}, {{ to: oncall }} ]
"
    )
}

const NO_RELAYS: &str = "    alerts:
      NoRelays:
        expr: 'relays{ {{ selector }} } == 0'
        for: 5m
        severity: P3
        summary: No relay answers
        meaning: Blocks are built locally.
        actions: [ Look at the relays. ]
        covers: { service: [no-upstream] }
        test:
          fires: [ { metric: relays, values: '0x90' } ]
          silent: [ { metric: relays, values: '2x90' } ]
";

fn untold(found: &Compilation) -> Vec<String> {
    found.diagnostics.iter().filter(|d| d.rule.code == "NG0817").map(|d| d.message.clone()).collect()
}

#[test]
fn a_failure_without_an_alert_is_an_open_cell() {
    let cell = |alerts: &str| {
        let coverage = analysis(&watched(alerts)).alerts.unwrap();
        let row = coverage.rows.into_iter().find(|row| row.component.as_deref() == Some("relayer")).unwrap();
        assert_eq!((row.count, row.watched), (2, true));
        row.cells.into_iter().find(|cell| cell.failure == Failure::NoUpstream).unwrap()
    };
    let open = cell("");
    assert!(open.required && open.alerts.is_empty());
    assert_eq!(open.uncovered, ["relayer", "relayer-2"]);
    assert_eq!(untold(&run(&watched(""))), ["no alert tells that `relayer` fails by `no-upstream`"]);
    let covered = cell(NO_RELAYS);
    assert!(covered.uncovered.is_empty());
    // The one in Europe calls Europe, the other one the last route.
    let receivers: Vec<&str> = covered.alerts[0].receivers.iter().map(String::as_str).collect();
    assert_eq!(receivers, ["europe", "oncall"]);
    assert!(untold(&run(&watched(NO_RELAYS))).is_empty());
    // An alert that speaks of other components covers nothing here.
    let elsewhere = NO_RELAYS.replace("[no-upstream] }", "[no-upstream], except: [relayer] }");
    assert_eq!(untold(&run(&watched(&elsewhere))).len(), 1);
    // Nobody need tell what cannot be.
    assert!(untold(&run(&watched("    impossible: [no-upstream]\n"))).is_empty());
}

/// What must be told of a link holds where there is one.
#[test]
fn a_client_that_nothing_drives_has_no_engine_link() {
    let alone = watched(NO_RELAYS).replace("services:\n", "services:\n  el: { host: b, component: reth }\n");
    assert!(untold(&run(&alone)).is_empty());
    let coverage = analysis(&alone).alerts.unwrap();
    let row = coverage.rows.iter().find(|row| row.component.as_deref() == Some("reth")).unwrap();
    let cell = |failure| row.cells.iter().find(|cell| cell.failure == failure);
    assert!(cell(Failure::Stalled).unwrap().required);
    assert!(!cell(Failure::EngineLink).unwrap().required && cell(Failure::SyncLag).is_none());
    // A driver that has no alert about the link leaves it untold at its own end.
    let driver = "components:
  driver:
    component: driver
    summary: Drives an execution client
    kind: other
    version: { tested: 1.0.0 }
    image: registry.example.net/driver
    provides: { metrics: { port: 26670, protocol: http, path: /metrics } }
    needs: { engine-api: {} }
    metrics: { driven: { type: gauge, help: Payloads } }
    sources: [ invented ]
";
    let driven = alone
        .replace("components:\n", driver)
        .replace("services:\n", "services:\n  driver: { host: b, component: driver }\n");
    let told = untold(&run(&driven));
    assert!(
        told.contains(&"no alert tells that `driver` fails by `sync-lag`, `engine-link`".to_owned()),
        "{told:?}"
    );
}

#[test]
fn every_alert_of_the_plan_is_in_the_report() {
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")).unwrap() {
        let path = entry.unwrap().path().join("network.yaml");
        if !path.is_file() {
            continue;
        }
        let page =
            |form: &str| command(&["analyze", "alerts", "--quiet", "--as", form, path.to_str().unwrap()]).1;
        let (text, json): (String, serde_json::Value) =
            (page("human"), serde_json::from_str(&page("json")).unwrap());
        let out = tempfile::tempdir().unwrap();
        let to = out.path().join("bundle");
        command(&[
            "build",
            "--quiet",
            "--allow-unlocked",
            "-o",
            to.to_str().unwrap(),
            path.to_str().unwrap(),
        ]);
        let mut rules = Vec::new();
        let mut folders = vec![to];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(text) = fs::read_to_string(&path) {
                    let alert = |line: &str| line.trim().strip_prefix("- alert: ").map(str::to_owned);
                    rules.extend(text.lines().filter_map(alert));
                }
            }
        }
        let reported: Vec<&str> = json["alerts"]["alerts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|a| a["alert"].as_str().unwrap())
            .collect();
        rules.sort();
        rules.dedup();
        assert_eq!(rules.is_empty(), !json["alerts"]["monitored"].as_bool().unwrap(), "{}", path.display());
        assert_eq!(rules, reported, "{}", path.display());
        for name in &rules {
            assert!(text.contains(name.as_str()), "{name} is not on the page of {}", path.display());
        }
    }
}

/// A network of so many validators with one vote each, on hosts of their own, of a chain that nobody
/// else runs or that others run too.
fn voters(count: usize, shared: bool, more: &str) -> String {
    let hosts: String =
        (0..count).map(|n| format!("  h{n}: {{ address: 203.0.113.{} }}\n", n + 20)).collect();
    let nodes: String = (0..count)
        .map(|n| format!("  n{n}: {{ host: h{n}, role: validator, stack: s, voting-power: 1 }}\n"))
        .collect();
    format!(
        "netgen: 1
network: {{ name: own, chain: foonet }}
hosts:
  ops: {{ address: 203.0.113.10 }}
{hosts}chains:
  foonet: {{ chain: foonet, name: Foo, family: foo, block-time: 2, consensus: bft, shared: {shared}, sources: [ invented ] }}
components:
  foochain:
    component: foochain
    summary: A node of the Foo network
    kind: chain-node
    version: {{ tested: 1.4.2 }}
    image: registry.example.net/foochain
{more}    sources: [ invented ]
stacks: {{ s: {{ node: {{ component: foochain }} }} }}
nodes:
{nodes}secrets: {{ pagerduty: {{ env: PAGERDUTY_KEY }} }}
monitoring:
  host: ops
  receivers: {{ oncall: {{ pagerduty: {{ secret: pagerduty }} }} }}
  routes: [ {{ to: oncall }} ]
"
    )
}

const SCRAPED: &str = "    provides: { metrics: { port: 26660, protocol: http, path: /metrics } }\n";

#[test]
fn voting_power_is_watched_where_it_decides() {
    let alerts = |manifest: &str| {
        let plan = run(manifest).plan.unwrap();
        ["QuorumLost", "QuorumMarginLow"].map(|name| plan.alerts.contains_key(name))
    };
    assert_eq!(alerts(&voters(4, false, SCRAPED)), [true, true]);
    // Any loss of one of three halts a chain that needs more than two thirds: it would fire for ever.
    assert_eq!(alerts(&voters(3, false, SCRAPED)), [true, false]);
    // Others have validators too.
    assert_eq!(alerts(&voters(4, true, SCRAPED)), [false, false]);
    // Nobody sees whether they are up, and that is said.
    let unseen = voters(4, false, "");
    assert_eq!(alerts(&unseen), [false, false]);
    let said = untold(&run(&unseen));
    assert!(said.iter().any(|message| message.contains("the network fails by `quorum-lost`")), "{said:?}");
}

#[test]
fn findings_are_bounded() {
    let components: String = (0..40)
        .map(|n| {
            format!(
                "  c{n:02}:\n    component: c{n:02}\n    summary: Number {n}\n    kind: block-builder\n    version: {{ tested: 1.0.0 }}\n    image: registry.example.net/c{n}\n{SCRAPED}    sources: [ invented ]\n"
            )
        })
        .collect();
    let services: String =
        (0..40).map(|n| format!("  s{n:02}: {{ host: a, component: c{n:02} }}\n")).collect();
    let manifest = format!(
        "netgen: 1\nnetwork: {{ name: demo, chain: hoodi }}\nhosts: {{ a: {{ address: 203.0.113.10 }} }}\ncomponents:\n{components}services:\n{services}secrets: {{ p: {{ env: P_KEY }} }}\nmonitoring:\n  host: a\n  receivers: {{ o: {{ pagerduty: {{ secret: p }} }} }}\n  routes: [ {{ to: o }} ]\n"
    );
    let said = untold(&run(&manifest));
    assert_eq!(said.len(), 21, "{said:?}");
    assert_eq!(said[20], "20 more components fail in ways that no alert tells");
}
