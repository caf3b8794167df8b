//! Dashboards: no panel on a metric that nothing exports, thresholds equal to those of the alerts, links that
//! lead somewhere, the form that file provisioning reads; and the report that shows them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use netgen::catalog::bound::{Side, bounds, metrics};
use netgen::diag::Diagnostic;
use netgen::emit::boards;
use netgen::plan::Plan;
use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile_to_plan};
use serde_json::Value;

/// Series that Prometheus makes itself.
const OWN: &[&str] = &["up", "ALERTS", "ALERTS_FOR_STATE"];

fn compiled(manifest: &str) -> Compilation {
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    let options = Options { allow_unlocked: true, ..Options::default() };
    compile_to_plan(&world, &Input::new("network.yaml"), options)
}

fn plan(manifest: &str) -> Plan {
    let compilation = compiled(manifest);
    let errors: Vec<&Diagnostic> = compilation.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}\n{manifest}");
    compilation.plan.unwrap()
}

/// A network with validators, a cluster, objectives, two execution clients and a component of its own, whose
/// alert fires below `least` peers.
fn sample(least: u32) -> String {
    format!(
        "netgen: 1
network: {{ name: demo, chain: hoodi }}
regions: {{ eu: {{ provider: p }}, us: {{ provider: q }} }}
hosts:
  a: {{ address: 203.0.113.1, private-address: 10.0.0.1, region: eu }}
  b: {{ address: 203.0.113.2, private-address: 10.0.0.2, region: us }}
  c: {{ address: 203.0.113.3, private-address: 10.0.0.3, region: us }}
components:
  foo:
    component: foo
    summary: A node of the Foo chain
    kind: chain-node
    version: {{ tested: 1.0.0 }}
    image: registry.demo.dev/foo
    provides:
      p2p: {{ port: 26656, exposure: public }}
      metrics: {{ port: 26660, protocol: http, path: /metrics }}
    volumes: {{ data: {{ path: /data }} }}
    stop: {{ grace: 2m }}
    metrics: {{ foo_peers: {{ type: gauge, help: Peers connected }} }}
    sources: [ documentation of Foo ]
    alerts:
      FooLonely:
        expr: 'foo_peers{{ {{{{ selector }}}} }} > 0 and foo_peers{{ {{{{ selector }}}} }} < {least}'
        for: 5m
        severity: P2
        summary: Few peers
        meaning: The node hears of blocks late.
        actions: [Look at its firewall.]
        test: {{ fires: [], silent: [] }}
    dashboard:
      title: Foo
      rows:
        - title: Peers
          on: [node]
          panels:
            - title: Peers
              type: timeseries
              alerts: [FooLonely]
              queries: [{{ expr: 'foo_peers{{ {{{{ selector }}}} }}', legend: '{{{{service}}}}' }}]
stacks:
  one: {{ el: {{ component: geth }} }}
  two: {{ el: {{ component: reth }} }}
  foo: {{ foo: {{ component: foo }} }}
nodes:
  n1: {{ host: a, role: validator, stack: foo, voting-power: 10 }}
  n2: {{ host: b, role: validator, stack: foo, voting-power: 10 }}
  n3: {{ host: a, role: validator, stack: foo }}
  n4: {{ host: b, role: validator, stack: foo }}
  n5: {{ host: c, role: validator, stack: foo }}
  r1: {{ host: a, role: rpc, stack: one }}
  r2: {{ host: b, role: rpc, stack: two }}
clusters: {{ k: {{ nodes: [n3, n4, n5], voting-power: 100, threshold: 2 }} }}
secrets: {{ pagerduty: {{ env: PAGERDUTY_KEY }} }}
monitoring:
  host: a
  slo: {{ availability: 99.9%, window: 30d }}
  runbook-url: https://runbooks.demo.dev
  receivers: {{ oncall: {{ pagerduty: {{ secret: pagerduty }} }} }}
  routes: [{{ to: oncall }}]
"
    )
}

fn panels(board: &Value) -> impl Iterator<Item = &Value> {
    board["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row")
}

fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn queries(board: &Value) -> Vec<&str> {
    panels(board).flat_map(|panel| list(panel, "/targets")).map(|t| t["expr"].as_str().unwrap()).collect()
}

#[test]
fn the_boards_that_a_network_needs_are_there() {
    let plan = plan(&sample(3));
    let boards = boards(&plan);
    let ids: Vec<&str> = boards.iter().map(|(id, _)| *id).collect();
    let network = ["fleet", "network", "region", "host", "node", "alerts", "slo", "quorum"];
    assert_eq!(ids[..network.len()], network);
    // One for each component that is scraped, those without panels of their own too.
    let components: Vec<String> = plan.jobs.keys().map(|job| format!("component-{job}")).collect();
    assert_eq!(ids[network.len()..], components);
    assert!(ids.contains(&"component-foo") && ids.contains(&"component-grafana"));
    let plain = sample(3)
        .replace(", voting-power: 10", "")
        .replace("  slo: { availability: 99.9%, window: 30d }\n", "");
    let plain: String =
        plain.lines().filter(|line| !line.starts_with("clusters:")).map(|l| format!("{l}\n")).collect();
    let plan = self::plan(&plain);
    assert!(!plan.dashboards.contains_key("quorum") && !plan.dashboards.contains_key("slo"));
    let fleet = &self::boards(&plan)[0].1;
    assert!(panels(fleet).all(|panel| panel["title"] != "Voting power up"));
}

#[test]
fn no_panel_asks_for_what_nothing_exports() {
    let plan = plan(&sample(3));
    let mut exported: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (job, targets) in &plan.jobs {
        let component = &plan.topology.services[targets.targets[0].service].component;
        let parts = |name: &String| ["", "_bucket", "_sum", "_count"].map(|end| format!("{name}{end}"));
        exported.insert(job, component.metrics.keys().flat_map(parts).collect());
    }
    let recorded: BTreeSet<&str> =
        plan.recordings.iter().flat_map(|group| &group.rules).map(|rule| rule.name.as_str()).collect();
    let mut seen = 0;
    for (id, board) in &boards(&plan) {
        let of = |metric: &String| match id.strip_prefix("component-") {
            Some(job) => exported[job].contains(metric),
            None => recorded.contains(metric.as_str()) || exported.values().any(|all| all.contains(metric)),
        };
        for expr in queries(board) {
            // A query of a component that is not there would be one of another network.
            let asked = metrics(expr);
            assert!(!asked.is_empty(), "{id}: {expr}");
            for metric in asked.iter().filter(|metric| !OWN.contains(&metric.as_str())) {
                assert!(of(metric), "{id}: nothing exports {metric}");
            }
            seen += 1;
        }
    }
    assert!(seen > 150, "{seen}");
}

/// Where Prometheus knows nothing, a panel must not say zero.
#[test]
fn no_query_makes_up_a_value() {
    for (id, board) in &boards(&plan(&sample(3))) {
        for expr in queries(board) {
            assert!(!expr.contains("vector(") && !expr.contains("absent"), "{id}: {expr}");
            // A zero that is added hangs on targets that are there.
            assert_eq!(expr.matches(" or 0 *").count(), expr.matches(" or 0 * ").count());
            if let Some((_, zero)) = expr.split_once(" or 0 * ") {
                assert!(zero.contains("up{"), "{id}: {expr}");
            }
        }
        assert!(panels(board).all(|panel| panel.pointer("/fieldConfig/defaults/noValue").is_none()), "{id}");
    }
}

#[test]
fn every_variable_is_declared_and_used() {
    for (id, board) in &boards(&plan(&sample(3))) {
        let declared: BTreeSet<&str> =
            list(board, "/templating/list").iter().map(|one| one["name"].as_str().unwrap()).collect();
        let mut used = BTreeSet::new();
        for expr in queries(board) {
            for part in expr.split('$').skip(1) {
                let name = part.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap();
                assert!(declared.contains(name), "{id}: ${name} in {expr}");
                used.insert(name);
            }
        }
        assert_eq!(used, declared, "{id}");
    }
}

/// The thresholds of a panel, as (number, colour), without those of what is simply all or nothing.
fn steps(panel: &Value) -> Vec<(String, String)> {
    list(panel, "/fieldConfig/defaults/thresholds/steps")
        .iter()
        .filter(|step| !step["value"].is_null())
        .map(|step| (step["value"].to_string(), step["color"].as_str().unwrap().to_owned()))
        .collect()
}

#[test]
fn thresholds_are_those_of_the_alerts() {
    let mut judged = 0;
    for least in [3, 7] {
        let plan = plan(&sample(least));
        let shown = boards(&plan);
        for board in plan.dashboards.values() {
            let json = &shown.iter().find(|(id, _)| *id == board.id).unwrap().1;
            for panel in board.rows.iter().flat_map(|row| &row.panels) {
                for limit in &panel.limits {
                    let alert = &plan.alerts[&limit.alert];
                    assert!(bounds(&alert.expr).iter().any(|bound| {
                        (bound.side, bound.value.to_bits()) == (limit.side, limit.value.to_bits())
                    }));
                }
                let wanted: BTreeSet<String> = panel
                    .limits
                    .iter()
                    .filter(|limit| limit.side != Side::At)
                    .map(|limit| limit.value.to_string())
                    .collect();
                if wanted.is_empty() {
                    continue;
                }
                let title = &panel.shows.title;
                let expr = &panel.shows.queries[0].expr.value;
                let same = |one: &&Value| {
                    one["title"] == title.as_str() && one["targets"][0]["expr"] == expr.as_str()
                };
                let drawn = panels(json).find(same).unwrap();
                let drawn: BTreeSet<String> = steps(drawn).into_iter().map(|(value, _)| value).collect();
                assert_eq!(drawn, wanted, "{}: {title}", board.id);
                judged += 1;
            }
        }
        // The number stands once, in the alert, and the panel follows it.
        for id in ["component-foo", "node"] {
            let board = &shown.iter().find(|(known, _)| *known == id).unwrap().1;
            let peers = panels(board).find(|panel| {
                list(panel, "/targets").iter().any(|t| t["expr"].as_str().unwrap().contains("foo_peers"))
            });
            let peers = peers.unwrap();
            assert_eq!(steps(peers), [(least.to_string(), "transparent".to_owned())]);
            assert_eq!(peers["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["color"], "orange");
            assert_eq!(peers["links"][0]["url"], "https://runbooks.demo.dev/FooLonely.md");
            assert!(
                peers["description"]
                    .as_str()
                    .unwrap()
                    .contains(&format!("FooLonely (P2) fires below {least}"))
            );
        }
    }
    assert!(judged > 40, "{judged}");
}

/// Every alert that a panel of ours names gives it a threshold or a colour.
#[test]
fn no_panel_names_an_alert_in_vain() {
    let manifest = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ethereum-validator/network.yaml"),
    );
    for plan in [plan(&sample(3)), plan(&manifest.unwrap())] {
        for board in plan.dashboards.values() {
            for panel in board.rows.iter().flat_map(|row| &row.panels) {
                let told: BTreeSet<&str> = panel.limits.iter().map(|limit| limit.alert.as_str()).collect();
                let named: BTreeSet<&str> =
                    panel.shows.alerts.iter().map(|name| name.value.as_str()).collect();
                assert_eq!(told, named, "{}: {}", board.id, panel.shows.title);
            }
        }
    }
}

#[test]
fn links_lead_to_boards_that_are_there() {
    let plan = plan(&sample(3));
    let all = boards(&plan);
    let uids: BTreeSet<&str> = all.iter().map(|(_, board)| board["uid"].as_str().unwrap()).collect();
    assert_eq!(uids.len(), all.len());
    assert!(uids.iter().all(|uid| uid.len() <= 40));
    let mut found = BTreeSet::new();
    for (id, board) in &all {
        let text = board.to_string();
        for part in text.split("\"/d/").skip(1) {
            let uid = part.split(['?', '"']).next().unwrap();
            match uid.split_once("${") {
                // The value of `job` follows.
                Some((start, _)) => {
                    assert!(
                        plan.jobs.keys().all(|job| uids.contains(format!("{start}{job}").as_str())),
                        "{uid}"
                    );
                }
                None => assert!(uids.contains(uid), "{id}: {uid}"),
            }
            found.insert(uid.to_owned());
        }
    }
    for uid in ["netgen-fleet", "netgen-network", "netgen-region", "netgen-host", "netgen-node"] {
        assert!(found.contains(uid), "{uid} in {found:?}");
    }
    let firing = &all.iter().find(|(id, _)| *id == "alerts").unwrap().1;
    let links: Vec<&str> = panels(firing)
        .flat_map(|panel| list(panel, "/fieldConfig/overrides"))
        .filter(|one| one["matcher"]["options"] == "alertname")
        .flat_map(|one| list(one, "/properties/0/value"))
        .map(|link| link["url"].as_str().unwrap())
        .collect();
    assert!(!links.is_empty());
    assert!(links.iter().all(|url| *url == "https://runbooks.demo.dev/${__value.text}.md"), "{links:?}");
}

#[test]
fn panels_fill_the_grid_and_do_not_overlap() {
    for (id, board) in &boards(&plan(&sample(3))) {
        let mut taken = BTreeSet::new();
        let mut ids = BTreeSet::new();
        for panel in board["panels"].as_array().unwrap() {
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{id}");
            let at = |name: &str| panel["gridPos"][name].as_u64().unwrap();
            assert!(at("x") + at("w") <= 24 && at("w") >= 2, "{id}: {panel}");
            for x in at("x")..at("x") + at("w") {
                for y in at("y")..at("y") + at("h") {
                    assert!(taken.insert((x, y)), "{id}: {} at {x},{y}", panel["title"]);
                }
            }
        }
    }
}

#[test]
fn a_query_of_a_column_has_a_heading() {
    for (id, board) in &boards(&plan(&sample(3))) {
        for panel in panels(board).filter(|panel| panel["type"] == "table") {
            let organize = list(panel, "/transformations").last().unwrap();
            let renamed = organize["options"]["renameByName"].as_object().unwrap();
            assert_eq!(renamed.len(), list(panel, "/targets").len() + 1, "{id}: {}", panel["title"]);
            // A heading of two columns would hide one of them.
            let headings: BTreeSet<&str> = renamed.values().map(|name| name.as_str().unwrap()).collect();
            assert_eq!(headings.len(), list(panel, "/targets").len(), "{id}: {}", panel["title"]);
        }
    }
}

#[test]
fn what_a_manifest_cannot_have_is_told() {
    let unknown = compiled(&sample(3).replace("alerts: [FooLonely]", "alerts: [FooLonley]"));
    let found = unknown.diagnostics.iter().find(|d| d.rule.code == "NG0850").unwrap();
    assert!(found.help.iter().any(|help| help.contains("FooLonely")), "{:?}", found.help);
    let other =
        compiled(&sample(3).replace("expr: 'foo_peers{ {{ selector }} }'", "expr: 'up{ {{ selector }} }'"));
    assert!(other.diagnostics.iter().any(|d| d.rule.code == "NG0851"), "{:?}", other.diagnostics);
    let fine = compiled(&sample(3));
    assert!(fine.diagnostics.iter().all(|d| !d.rule.code.starts_with("NG085")), "{:?}", fine.diagnostics);
}

fn netgen(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_netgen"))
        .current_dir(folder)
        .env_clear()
        .args(arguments)
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_report_in_a_folder_has_a_picture_of_each_dashboard() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("network.yaml"), sample(3)).unwrap();
    let (code, said) = netgen(folder.path(), &["report", "-o", "out"]);
    assert_eq!(code, 0, "{said}");
    let page = fs::read_to_string(folder.path().join("out/index.html")).unwrap();
    for word in ["demo", "Quorum", "foo_peers"] {
        assert!(page.contains(word), "{word}");
    }
    for id in plan(&sample(3)).dashboards.keys() {
        let svg = fs::read_to_string(folder.path().join(format!("out/{id}.svg"))).unwrap();
        assert!(svg.contains("layout preview"), "{id}");
    }
    let (_, _) = netgen(folder.path(), &["report", "-o", "again"]);
    assert_eq!(fs::read_to_string(folder.path().join("again/index.html")).unwrap(), page);
}
