//! Defects that real deployments of blockchain networks had, one test each: about metrics, alerts, dashboards and
//! their receivers. Either the manifest that shows the defect is refused, at
//! the right words, or the bundle proves that it cannot be written down at all.
//!
//! The names are those of a catalogue of such defects: L and B are two BFT chains, E is a stack of
//! Ethereum validators.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "common/defects.rs"]
mod defects;

use defects::{Files, HEAD, ONCALL, TWO_HOSTS, caught, findings, foo, proxied, with_alert, words};
use serde_json::Value;

/// Metrics of one client were bound to a given address, and scraped at another.
#[test]
fn l08_scrape_targets_follow_the_resolved_binds() {
    let manifest = format!(
        "{TWO_HOSTS}services: {{ el: {{ host: b, component: geth, ports: {{ metrics: 6161 }} }} }}\n{ONCALL}"
    );
    let files = Files::of(&manifest);
    let el = files.service("b", "el");
    assert!(words(&el["command"]).contains(&"--metrics.port=6161"));
    let published: Vec<&Value> = el["ports"].as_array().unwrap().iter().collect();
    assert!(
        published
            .iter()
            .any(|port| port.to_string().contains("6161") && port.to_string().contains("10.0.0.2"))
    );
    assert!(files.text("prometheus/targets/geth.json").contains("\"10.0.0.2:6161\""));
}

/// Six of seven alerts asked for metrics that nothing exported; no linter of Prometheus said so.
#[test]
fn l10_alerts_on_metrics_that_nobody_exports() {
    let exported =
        "{ reth_transaction_pool_pending_pool_transactions: { type: gauge, help: Pending transactions } }";
    caught(&with_alert(exported, "reth_txpool_pending > 300000"), "NG0808", "reth_txpool_pending");
    let right = with_alert(exported, "reth_transaction_pool_pending_pool_transactions > 300000");
    assert!(!findings(&right).iter().any(|(code, ..)| code == "NG0808"));
}

/// There was no Alertmanager, and each host watched only itself.
#[test]
fn l11_alerts_without_a_receiver_and_hosts_that_watch_themselves() {
    let el = "services: { el: { host: b, component: geth } }\n";
    caught(&format!("{TWO_HOSTS}{el}monitoring: {{ host: a }}\n"), "NG0801", "a");
    let alone = HEAD.replace("chain: hoodi", "chain: hoodi, environment: production");
    caught(&format!("{alone}services: {{ el: {{ host: a, component: geth }} }}\n{ONCALL}"), "NG0806", "a");
    let files = Files::of(&format!("{TWO_HOSTS}{el}{ONCALL}"));
    let config = files.yaml("prometheus/prometheus.yml");
    assert_eq!(
        config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"][0],
        "alertmanager:9093"
    );
    let hosts = files.text("prometheus/targets/node-exporter.json");
    assert!(hosts.contains("\"host\": \"a\"") && hosts.contains("\"host\": \"b\""), "{hosts}");
}

/// The text of an alert said 300,000 and the configuration one million.
#[test]
fn l23_thresholds_come_from_the_configuration() {
    let component =
        "    settings: { pool-limit: { type: integer, default: 1000000, doc: Most transactions that wait } }
    command: ['--txpool.max={{ settings.pool_limit }}']
    stop: { grace: 2m }
    metrics: { foo_pool: { type: gauge, help: Transactions that wait } }
    alerts:
      FooPoolBacklog:
        expr: 'foo_pool > {{ settings.pool_limit * 9 // 10 }}'
        for: 5m
        severity: P3
        summary: The pool is nearly full
        meaning: Transactions will be dropped.
        actions: [Look.]
        test: { fires: [], silent: [] }
";
    let one = format!("{HEAD}{}{ONCALL}", foo(component));
    let files = Files::of(&one);
    assert!(files.text("prometheus/rules/foo.yml").contains("foo_pool > 900000"));
    assert!(words(&files.service("a", "foo")["command"]).contains(&"--txpool.max=1000000"));
    // One alert cannot fit two services with different limits.
    let two = one.replace(
        "services: { foo: { host: a, component: foo } }",
        "services:
  foo: { host: a, component: foo }
  small: { host: a, component: foo, settings: { pool-limit: 500 }, ports: { p2p: 40333 } }",
    );
    caught(&two, "NG0813", "500");
}

/// `count(... == 1) == 0` gives nothing when all are down, so the alert never fired.
#[test]
fn b06_an_alert_that_waits_for_a_count_of_zero() {
    let metrics = "{ foo_height: { type: gauge, help: Height } }";
    caught(&with_alert(metrics, "'count(up{job=~\"foo\"} == 1) by (region) == 0'"), "NG0810", "count");
    // The alert of the catalog about the same thing fires: it adds up.
    let files = Files::of(&with_alert(metrics, "'foo_height < 1'"));
    let rules = files.text("prometheus/rules/network.yml");
    assert!(rules.contains("sum by (network, region) (up{ network=\"demo\" }) == 0"), "{rules}");
    assert!(files.text("prometheus/tests/network_test.yml").contains("RegionDown fires"));
}

/// An alert and a panel asked for a metric that had been renamed away.
#[test]
fn b07_a_panel_on_a_metric_that_nobody_exports() {
    let metrics = "{ bitcell_proofs_generated_total: { type: counter, help: Proofs } }";
    caught(&with_alert(metrics, "bitcell_proof_gen_time_ms > 30000"), "NG0808", "bitcell_proof_gen_time_ms");
    let component = "    stop: { grace: 2m }
    metrics: { bitcell_proofs_generated_total: { type: counter, help: Proofs } }
    dashboard:
      title: Proofs
      rows:
        - title: Proofs
          panels: [{ title: Time, type: timeseries, queries: [{ expr: bitcell_proof_gen_time_ms / 1000 }] }]
";
    let panel = format!("{HEAD}{}{ONCALL}", foo(component));
    caught(&panel, "NG0808", "bitcell_proof_gen_time_ms");
}

/// The alert about Alertmanager asked for a job that was not scraped; Prometheus watched itself.
#[test]
fn b08_an_alert_about_a_job_that_is_not_scraped() {
    let metrics = "{ foo_height: { type: gauge, help: Height } }";
    caught(&with_alert(metrics, "'up{job=\"alert-manager\"} == 0'"), "NG0811", "alert-manager");
    let files = Files::of(&with_alert(metrics, "'up{job=\"alertmanager\"} == 0'"));
    assert!(files.text("prometheus/targets/alertmanager.json").contains("alertmanager:9093"));
    let silent = with_alert(metrics, "foo_height < 1")
        .replace("chain: hoodi", "chain: hoodi, environment: production");
    caught(&silent, "NG0806", "a");
}

/// `rate()` of a gauge.
#[test]
fn b09_a_rate_of_a_gauge() {
    let metrics = "{ bitcell_chain_height: { type: gauge, help: Height } }";
    caught(&with_alert(metrics, "rate(bitcell_chain_height[5m]) == 0"), "NG0809", "bitcell_chain_height");
}

/// `${SLACK_API_URL:-}` stood in a file that nobody expanded: the container crashed in a loop.
#[test]
fn b10_nothing_is_left_to_be_expanded() {
    let files = Files::of(&format!("{HEAD}services: {{ el: {{ host: a, component: geth }} }}\n{ONCALL}"));
    let config = files.text("alertmanager/alertmanager.yml");
    assert!(config.contains("api_url_file: /run/secrets/slack"), "{config}");
    for path in files.below("alertmanager/").iter().chain(&files.below("prometheus/prometheus.yml")) {
        assert!(!files.text(path).contains("${"), "{path}");
    }
}

/// A route stood behind one that took all of its alerts.
#[test]
fn b11_a_route_that_no_alert_reaches() {
    let manifest = format!(
        "{HEAD}services: {{ el: {{ host: a, component: geth }} }}
secrets: {{ slack: {{ env: SLACK_URL }}, regional: {{ env: REGIONAL_URL }} }}
regions: {{ eu: {{}} }}
monitoring:
  host: a
  receivers:
    warnings: {{ slack: {{ secret: slack, channel: '#warnings' }} }}
    regional-team: {{ slack: {{ secret: regional, channel: '#regions' }} }}
  routes: [{{ severity: [P3], to: warnings }}, {{ severity: [P3], region: [eu], to: regional-team }}, {{ to: warnings }}]
"
    )
    .replace("private-address: 10.0.0.1", "private-address: 10.0.0.1, region: eu");
    caught(&manifest, "NG0802", "regional-team");
}

/// A dashboard was wrapped as for the API, which file provisioning refuses.
#[test]
fn b12_dashboards_have_their_title_at_the_top() {
    let files = Files::of(&format!("{HEAD}services: {{ el: {{ host: a, component: geth }} }}\n{ONCALL}"));
    let boards = files.below("grafana/dashboards/");
    assert!(boards.len() > 2);
    for path in boards {
        let board: Value = serde_json::from_str(&files.text(&path)).unwrap();
        assert!(
            board["title"].is_string() && board["uid"].is_string() && board.get("dashboard").is_none(),
            "{path}"
        );
    }
}

/// The load balancer was scraped at a port where it exported nothing.
#[test]
fn b13_the_scraped_port_of_the_load_balancer_exports() {
    let files = proxied();
    assert!(files.text("prometheus/targets/haproxy.json").contains("\"rpc:8404\""));
    let config = files.text("config/a/rpc/haproxy.cfg");
    let metrics = config.split("frontend metrics").nth(1).unwrap();
    assert!(metrics.contains(":8404") && metrics.contains("use-service prometheus-exporter"), "{config}");
}

/// The documentation counted 27 alerts where there were 15, with other severities.
#[test]
fn b19_runbooks_are_those_of_the_alerts() {
    let files = Files::of(&format!("{HEAD}services: {{ el: {{ host: a, component: geth }} }}\n{ONCALL}"));
    let mut alerts = Vec::new();
    for path in files.below("prometheus/rules/") {
        for group in files.yaml(&path)["groups"].as_array().unwrap() {
            for rule in group["rules"].as_array().unwrap() {
                let severity = rule["labels"]["severity"].as_str().unwrap();
                assert!(["P1", "P2", "P3", "P4"].contains(&severity));
                alerts.push(format!("runbooks/{}.md", rule["alert"].as_str().unwrap()));
            }
        }
    }
    alerts.sort();
    assert!(alerts.len() > 20);
    let mut runbooks = files.below("runbooks/");
    let page = |path: &String| {
        ["README", "on-call", "incident"].iter().any(|page| *path == format!("runbooks/{page}.md"))
    };
    runbooks.retain(|path| !page(path));
    assert_eq!(runbooks, alerts);
}

/// The notes ticked off "alerting system", and there was not one alert.
#[test]
fn e11_a_network_without_alerts() {
    let production = HEAD.replace("chain: hoodi", "chain: hoodi, environment: production");
    caught(&format!("{production}services: {{ el: {{ host: a, component: geth }} }}\n"), "NG0807", "demo");
    caught(
        &format!("{HEAD}services: {{ el: {{ host: a, component: geth }} }}\nmonitoring: {{ host: a }}\n"),
        "NG0801",
        "a",
    );
}

/// Panels named a data source by an id that provisioning did not set.
#[test]
fn e12_panels_name_the_data_source_that_is_provisioned() {
    let files = Files::of(&format!("{HEAD}services: {{ el: {{ host: a, component: geth }} }}\n{ONCALL}"));
    let sources = files.below("grafana/provisioning/datasources/");
    let uid = files.yaml(&sources[0])["datasources"][0]["uid"].as_str().unwrap().to_owned();
    for path in files.below("grafana/dashboards/") {
        let board: Value = serde_json::from_str(&files.text(&path)).unwrap();
        let mut seen = 0;
        for panel in board["panels"].as_array().unwrap() {
            for target in panel["targets"].as_array().into_iter().flatten() {
                assert_eq!(target["datasource"]["uid"], uid.as_str(), "{path}");
                seen += 1;
            }
        }
        assert!(seen > 0, "{path}");
    }
}
