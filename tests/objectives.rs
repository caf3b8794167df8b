//! Objectives and shards, as Prometheus gets them.
//!
//! The numbers are counted by hand; the rules that compute them are those of the bundle.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use netgen::world::MemoryWorld;
use netgen::{Input, Options, compile};

const NETWORK: &str = r#"netgen: 1
network: { name: two, chain: hoodi, environment: testnet }
regions: { eu: {}, us: {} }
hosts:
  a: { address: 203.0.113.10, region: eu }
  b: { address: 198.51.100.20, region: us }
stacks:
  rpc:
    el: { component: geth }
    beacon: { component: lighthouse-beacon, settings: { checkpoint-sync: "https://hoodi.beaconstate.ethstaker.cc" } }
nodes:
  n1: { host: a, role: rpc, stack: rpc }
  n2: { host: b, role: rpc, stack: rpc }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
"#;

/// The files of the bundle by path.
fn bundle(rest: &str) -> BTreeMap<String, String> {
    let world = MemoryWorld::new([("network.yaml", format!("{NETWORK}{rest}"))]);
    let options = Options { allow_unlocked: true, ..Options::default() };
    let built = compile(&world, &Input::new("network.yaml"), options);
    let bundle = built.bundle.unwrap_or_else(|| panic!("{:?}", built.diagnostics));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    bundle.files().map(|(path, file)| (path.to_string(), text(&file.bytes().unwrap()))).collect()
}

/// Two nodes with two services each: four targets. The budget of 99% over 30 days is 0.01.
const BY_HAND: &str = r#"
rule_files: [slo.yml]
evaluation_interval: 1m
tests:
  # One of four targets is down from the beginning: a quarter of the time in every window, 25 budgets.
  - name: one of four
    interval: 1m
    input_series:
      - { series: 'up{network="two",role="rpc",job="geth",node="n1"}', values: "0x120" }
      - { series: 'up{network="two",role="rpc",job="geth",node="n2"}', values: "1x120" }
      - { series: 'up{network="two",role="rpc",job="lighthouse-beacon",node="n1"}', values: "1x120" }
      - { series: 'up{network="two",role="rpc",job="lighthouse-beacon",node="n2"}', values: "1x120" }
    promql_expr_test:
      - expr: role:slo_errors:ratio_rate1h
        eval_time: 90m
        exp_samples: [{ labels: 'role:slo_errors:ratio_rate1h{network="two",role="rpc",slo="availability"}', value: 0.25 }]
      - expr: round(role:slo_budget_left:ratio{slo="availability"}, 0.001)
        eval_time: 90m
        exp_samples: [{ labels: '{network="two",role="rpc",slo="availability"}', value: -24 }]
  # All four down for 15 minutes, looked at 15 minutes later: a quarter of the last hour, with an edge
  # of one sample in 60; nothing of the last five minutes, so the page is over.
  - name: an outage that is over
    interval: 1m
    input_series:
      - { series: 'up{network="two",role="rpc",job="geth",node="n1"}', values: "4x60 0x14 4x60" }
    promql_expr_test:
      - expr: abs(sum(role:slo_errors:ratio_rate1h{slo="availability"}) - 0.25) < bool 0.006
        eval_time: 90m
        exp_samples: [{ labels: '{}', value: 1 }]
      - expr: sum(role:slo_errors:ratio_rate5m{slo="availability"})
        eval_time: 90m
        exp_samples: [{ labels: '{}', value: 0 }]
      - expr: count(ALERTS{alertname="SloBudgetBurnsFast",alertstate="firing"})
        eval_time: 74m
        exp_samples: [{ labels: '{}', value: 1 }]
      - expr: count(ALERTS{alertname="SloBudgetBurnsFast",slo="availability"})
        eval_time: 90m
        exp_samples: []
  # Four minutes without any answer about every second hour: 12 of 305 minutes are 4%, 4 budgets, less
  # than the 6 of a page, and 4 of the worst hour are 6.7%, less than 14.4 budgets.
  - name: flapping below the pages
    interval: 1m
    input_series:
      - { series: 'up{network="two",role="rpc",job="geth",node="n1"}', values: "4x59 0x3 4x115 0x3 4x115 0x3 4x115" }
    promql_expr_test:
      - expr: count(ALERTS{alertname=~"SloBudgetBurns.*"})
        eval_time: 305m
        exp_samples: []
      - expr: count(ALERTS{alertname=~"SloBudgetBurns.*"})
        eval_time: 350m
        exp_samples: []
  # A busy half hour, 600 requests a minute of which half are slow, then a quiet one, 60 of which none
  # is: 9000 of 19800 requests of the hour are slow, not a quarter of the time.
  - name: busy hours weigh more
    interval: 1m
    input_series:
      - series: 'http_api_paths_times_count{network="two",role="rpc",job="lighthouse-beacon",node="n1"}'
        values: "0+600x30 18060+60x60"
      - series: 'http_api_paths_times_bucket{network="two",role="rpc",job="lighthouse-beacon",node="n1",le="0.5"}'
        values: "0+300x30 9060+60x60"
    promql_expr_test:
      - expr: abs(sum(role:slo_errors:ratio_rate1h{slo="latency"}) - 0.4545) < bool 0.02
        eval_time: 61m
        exp_samples: [{ labels: '{}', value: 1 }]
"#;

#[test]
fn numbers_that_were_counted_by_hand() {
    let files = bundle("  slo: { availability: 99%, window: 30d, latency: { within: 500ms, of: 99% } }\n");
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("slo.yml"), &files["prometheus/rules/slo.yml"]).unwrap();
    std::fs::write(path("by_hand.yml"), BY_HAND).unwrap();
    let Ok(run) = Command::new("promtool").args(["test", "rules"]).arg(path("by_hand.yml")).output() else {
        assert!(std::env::var_os("NETGEN_REQUIRE_TOOLS").is_none(), "promtool is not installed");
        return;
    };
    let told = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{told}");
}

/// The targets of each shard, from the lists that it reads.
fn targets(files: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let lists = files.iter().filter(|(path, _)| path.starts_with("prometheus/") && path.contains("targets/"));
    let mut found = Vec::new();
    for (path, text) in lists.filter(|(path, _)| !path.ends_with("federate.json")) {
        let store = path.split("targets/").next().unwrap().to_owned();
        for group in serde_json::from_str::<Vec<serde_json::Value>>(text).unwrap() {
            found.push((store.clone(), group["labels"]["instance"].as_str().unwrap().to_owned()));
        }
    }
    found
}

#[test]
fn every_target_has_one_shard_by_region() {
    let all: BTreeSet<String> = targets(&bundle("")).into_iter().map(|(_, name)| name).collect();
    let sharded = targets(&bundle("  shards: { regions: { eu: a, us: b } }\n"));
    let names: BTreeSet<String> = sharded.iter().map(|(_, name)| name.clone()).collect();
    assert_eq!(names.len(), sharded.len(), "{sharded:?}");
    let shards = ["prometheus-shard-eu", "prometheus-shard-us"].map(str::to_owned);
    assert_eq!(names, all.into_iter().chain(shards).collect());
    assert!(sharded.contains(&("prometheus/stores/prometheus-shard-us/".to_owned(), "n2-el".to_owned())));
    assert!(sharded.contains(&("prometheus/".to_owned(), "prometheus-shard-us".to_owned())));
}

/// All shards are told the same targets, take the same hash, and each keeps another rest: so each
/// target is kept by one.
#[test]
fn every_target_has_one_shard_by_hash() {
    let files = bundle("  shards: { hosts: [a, b] }\n");
    let of = |shard: &str| -> BTreeSet<String> {
        let found = targets(&files).into_iter().filter(|(store, _)| store.ends_with(&format!("{shard}/")));
        found.map(|(_, name)| name).collect()
    };
    assert!(of("shard-a").contains("n2-el") && of("shard-a") == of("shard-b"));
    for (shard, rest) in [("a", "0"), ("b", "1")] {
        let config = &files[&format!("prometheus/stores/prometheus-shard-{shard}/prometheus.yml")];
        let jobs = config.matches("job_name:").count();
        assert_eq!(config.matches("modulus: 2").count(), jobs);
        assert_eq!(config.matches(&format!("regex: \"{rest}\"")).count(), jobs);
    }
    let main = &files["prometheus/prometheus.yml"];
    assert!(main.contains("up{network=\"two\"}") && main.contains("honor_labels: true"), "{main}");
}

#[test]
fn what_is_written_elsewhere() {
    let files = bundle(concat!(
        "  shards: { regions: { eu: a, us: b } }\n",
        "  remote-write:\n",
        "    - { url: \"https://mimir.demo.dev/api/v1/push\", tenant: two, user: netgen, secret: pagerduty, only: [up] }\n",
    ));
    let main = &files["prometheus/prometheus.yml"];
    let shard = &files["prometheus/stores/prometheus-shard-us/prometheus.yml"];
    for config in [main, shard] {
        assert!(config.contains("X-Scope-OrgID: two"), "{config}");
        assert!(config.contains("password_file: /run/secrets/pagerduty"), "{config}");
        assert!(!config.contains("PAGERDUTY_KEY"), "{config}");
    }
    // What a shard wrote is not written again.
    assert!(main.contains("action: drop") && !shard.contains("action: drop"));
    assert!(shard.contains("shard: us"));
}
