//! Logs: what collectors are told, where lines are kept, and the alerts about them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

use std::collections::BTreeMap;

use netgen::catalog::Catalog;
use netgen::diag::Sink;
use netgen::text::SourceMap;
use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile};
use serde_json::Value;

/// One node a runtime, and the services that `monitoring:` adds.
const MANIFEST: &str = "netgen: 1
network: { name: demo, chain: hoodi }
regions: { eu: {} }
hosts:
  ops: { address: 203.0.113.10, region: eu, private-address: 10.0.0.1 }
  dock: { address: 203.0.113.11, region: eu, private-address: 10.0.0.2, runtime: systemd-docker }
  pod: { address: 203.0.113.12, region: eu, private-address: 10.0.0.3, runtime: quadlet }
  bare: { address: 203.0.113.13, region: eu, private-address: 10.0.0.4, runtime: native }
secrets: { pagerduty: { env: PD }, log-keys: { env: LOG_KEYS } }
stacks:
  node: { execution: { component: geth, settings: SETTINGS } }
nodes:
  n0: { host: ops, role: rpc, stack: node }
  n1: { host: dock, role: rpc, stack: node }
  n2: { host: pod, role: rpc, stack: node }
  n3: { host: bare, role: rpc, stack: node }
services:
  # It cannot run without a container.
  node-exporter: { hosts: [ops, dock, pod], component: node-exporter }
MOREmonitoring:
  host: ops
  logs: LOGS
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
";

fn run(logs: &str, settings: &str, more: &str) -> Compilation {
    let (services, sections) =
        more.split_once('\n').filter(|(line, _)| line.starts_with("  ")).unwrap_or(("", more));
    let text = MANIFEST.replace("LOGS", logs).replace("SETTINGS", settings);
    let services = if services.is_empty() { String::new() } else { format!("{services}\n") };
    let text = format!("{}{sections}", text.replace("MORE", &services));
    let world = MemoryWorld::new([("network.yaml", text)]);
    compile(&world, &Input::new("network.yaml"), Options { allow_unlocked: true, ..Options::default() })
}

fn find(compilation: &Compilation, path: &str) -> Option<String> {
    let messages: Vec<String> =
        compilation.diagnostics.iter().map(|d| format!("{} {}", d.rule.code, d.message)).collect();
    let bundle = compilation.bundle.as_ref().unwrap_or_else(|| panic!("{messages:#?}"));
    bundle.get(path).map(|file| String::from_utf8(file.bytes().unwrap().into_owned()).unwrap())
}

fn text(compilation: &Compilation, path: &str) -> String {
    find(compilation, path).unwrap_or_else(|| panic!("no {path}"))
}

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

/// The blocks of a configuration of Alloy, by their first line.
fn blocks(config: &str) -> BTreeMap<String, String> {
    let mut blocks = BTreeMap::new();
    for block in config.split("\n\n").flat_map(|part| part.split("\n}\n")) {
        if let Some(head) = block.trim_start().lines().next().filter(|line| line.ends_with('{')) {
            let whole = config.split(head).nth(1).unwrap();
            blocks.insert(
                head.trim_end_matches(" {").to_owned(),
                whole.split("\n}").next().unwrap().to_owned(),
            );
        }
    }
    blocks
}

/// The labels in `labels = {"a" = "b"}`.
fn labels(block: &str) -> BTreeMap<String, String> {
    let line = block.lines().find(|line| line.trim_start().starts_with("labels ")).unwrap();
    let map = line.split_once('{').unwrap().1.trim_end_matches('}');
    let unquoted = |text: &str| text.trim().trim_matches('"').to_owned();
    map.split(", ")
        .map(|pair| pair.split_once(" = ").unwrap())
        .map(|(k, v)| (unquoted(k), unquoted(v)))
        .collect()
}

#[test]
fn streams_have_the_labels_of_metrics() {
    let compilation = run("{ retention: 14d }", "{}", "");
    for (host, node, source) in [
        ("ops", "n0", "loki.source.docker"),
        ("dock", "n1", "loki.source.docker"),
        ("pod", "n2", "loki.source.journal"),
        ("bare", "n3", "loki.source.journal"),
    ] {
        let config = text(&compilation, &format!("config/{host}/alloy-{host}/netgen.alloy"));
        let targets = yaml(&text(&compilation, "prometheus/targets/geth.json"));
        let service = format!("{node}-execution");
        let target = targets.as_array().unwrap().iter().find(|t| t["labels"]["service"] == *service).unwrap();
        let mut wanted: BTreeMap<String, String> = serde_json::from_value(target["labels"].clone()).unwrap();
        // The name of the target is that of the service; the job is the component.
        assert_eq!(wanted.remove("instance").unwrap(), service);
        wanted.insert("job".to_owned(), "geth".to_owned());
        let block = &blocks(&config)[&format!("{source} \"{node}_execution\"")];
        assert_eq!(labels(block), wanted, "{config}");
    }
}

#[test]
fn every_service_of_a_host_is_read_where_its_runtime_keeps_its_lines() {
    let compilation = run("{ retention: 14d }", "{}", "");
    let docker = text(&compilation, "config/dock/alloy-dock/netgen.alloy");
    assert!(docker.contains(r#"values = ["dev.netgen.network=demo", "dev.netgen.service=n1-execution"]"#));
    assert!(docker.contains("targets    = discovery.docker.n1_execution.targets"), "{docker}");
    let podman = text(&compilation, "config/pod/alloy-pod/netgen.alloy");
    assert!(podman.contains("matches    = \"CONTAINER_NAME=n2-execution\""), "{podman}");
    let native = text(&compilation, "config/bare/alloy-bare/netgen.alloy");
    assert!(native.contains("matches    = \"_SYSTEMD_UNIT=netgen-demo-n3-execution.service\""), "{native}");
    // A source of the journal takes the label `job` for itself.
    assert_eq!(
        native.matches("stage.static_labels").count(),
        native.matches("loki.source.journal \"").count()
    );
    assert!(!docker.contains("stage.static_labels"));
    // The socket of Docker is mounted where it is read, and nowhere else.
    assert!(text(&compilation, "compose/ops/compose.yaml").contains("/var/run/docker.sock"));
    let unit = text(&compilation, "systemd/pod/quadlet/netgen-demo-alloy-pod.container");
    assert!(!unit.contains("docker.sock") && unit.contains("/run/log:/run/log:ro"), "{unit}");
}

#[test]
fn the_journal_spares_the_socket_of_docker() {
    let compilation = run("{ retention: 14d }", "{}", "logging: { driver: journald }\n");
    let config = text(&compilation, "config/ops/alloy-ops/netgen.alloy");
    assert!(
        config.contains("matches    = \"CONTAINER_NAME=n0-execution\"") && !config.contains("docker.sock")
    );
    assert!(!text(&compilation, "compose/ops/compose.yaml").contains("docker.sock"));
}

#[test]
fn lines_are_taken_apart_by_what_the_component_says() {
    let config = text(&run("{ retention: 14d }", "{}", ""), "config/ops/alloy-ops/netgen.alloy");
    let process = &blocks(&config)["loki.process \"n0_execution\""];
    assert!(
        process.contains(r#"expressions = {"level" = "lvl", "time" = "t", "height" = "number"}"#),
        "{process}"
    );
    assert!(process.contains("stage.structured_metadata") && process.contains(r#"values = {"height" = ""}"#));
    // Height and slot differ from line to line: as labels each would be a stream of its own.
    assert!(process.contains(r#"values = {"level" = ""}"#));
    let plain =
        text(&run("{ retention: 14d }", "{ log-format: terminal }", ""), "config/ops/alloy-ops/netgen.alloy");
    let process = &blocks(&plain)["loki.process \"n0_execution\""];
    assert!(!process.contains("stage."), "{process}");
}

#[test]
fn lines_are_kept_as_long_as_asked_and_where() {
    let config = yaml(&text(&run("{ retention: 3d }", "{}", ""), "config/ops/loki/netgen.yaml"));
    assert_eq!(config["limits_config"]["retention_period"], "259200s");
    assert_eq!(config["compactor"]["retention_enabled"], true);
    assert_eq!(config["compactor"]["delete_request_store"], "filesystem");
    assert_eq!(config["schema_config"]["configs"][0]["object_store"], "filesystem");
    let logs = "{ host: dock, store: { s3: 'https://s3.eu-west-3.amazonaws.com/kept', credentials: { secret: log-keys } } }";
    let compilation = run(logs, "{}", "");
    let config = yaml(&text(&compilation, "config/dock/loki/netgen.yaml"));
    let aws = &config["storage_config"]["aws"];
    assert_eq!(
        (&aws["endpoint"], &aws["bucketnames"]),
        (&"s3.eu-west-3.amazonaws.com".into(), &"kept".into())
    );
    assert_eq!((&aws["region"], &aws["insecure"]), (&"eu-west-3".into(), &false.into()));
    assert_eq!(config["compactor"]["delete_request_store"], "s3");
    // Keys are a file that the SDK reads.
    let unit = text(&compilation, "systemd/dock/netgen-demo-loki.service");
    assert!(unit.contains("AWS_SHARED_CREDENTIALS_FILE=/run/secrets/s3-credentials"), "{unit}");
    assert!(!config.to_string().contains("access_key"));
    let other =
        "{ store: { s3: 'http://10.0.0.9:9000/kept', region: home, credentials: { secret: log-keys } } }";
    let config = yaml(&text(&run(other, "{}", ""), "config/ops/loki/netgen.yaml"));
    let aws = &config["storage_config"]["aws"];
    assert_eq!((&aws["endpoint"], &aws["region"]), (&"10.0.0.9:9000".into(), &"home".into()));
    assert_eq!(aws["insecure"], true);
}

#[test]
fn collectors_reach_the_store_and_nobody_else_does() {
    let compilation = run("{ retention: 14d }", "{}", "");
    let firewall = text(&compilation, "firewall/ops/nftables.conf");
    let line = firewall.lines().find(|line| line.contains("proto-dst 3100")).unwrap();
    for address in ["10.0.0.2", "10.0.0.3", "10.0.0.4"] {
        assert!(line.contains(address), "{line}");
    }
    assert!(!firewall.contains("9095"));
    let config = text(&compilation, "config/bare/alloy-bare/netgen.alloy");
    assert!(config.contains("url = \"http://10.0.0.1:3100/loki/api/v1/push\""), "{config}");
}

#[test]
fn alerts_about_lines_are_rules_with_runbooks_like_any_other() {
    let compilation = run("{ retention: 14d }", "{}", "");
    let rules = yaml(&text(&compilation, "loki/rules/fake/geth.yml"));
    let rules = rules["groups"][0]["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["alert"] == "GethHearsNoConsensusClient").unwrap();
    let expr = rule["expr"].as_str().unwrap();
    assert!(expr.starts_with("sum by (network, region, host, node, role, service, team, job) (count_over_time({job=\"geth\", network=\"demo\"} |= "));
    let of_metrics = yaml(&text(&compilation, "prometheus/rules/geth.yml"));
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let other = &of_metrics["groups"][0]["rules"][0];
    assert_eq!(
        (keys(&rule["labels"]), keys(&rule["annotations"])),
        (keys(&other["labels"]), keys(&other["annotations"]))
    );
    assert!(text(&compilation, "runbooks/GethHearsNoConsensusClient.md").contains("n0-execution"));
    let sources = yaml(&text(&compilation, "grafana/provisioning/datasources/netgen.yml"));
    assert_eq!(sources["datasources"][1]["type"], "loki");
    assert!(find(&compilation, "grafana/dashboards/logs.json").is_some());
}

/// What is decided about an alert about lines holds for whom it is decided, and nowhere else.
#[test]
fn alerts_about_lines_are_tuned_like_any_other() {
    let tuning = |entries: &str| {
        let logs = format!(
            "{{ retention: 14d }}\n  teams: {{ core: {{ nodes: [n0, n1, n2, n3] }} }}\n  tuning:\n{entries}"
        );
        run(&logs, "{}", "")
    };
    let tuned = tuning(
        "    - { alerts: [GethHearsNoConsensusClient], nodes: [n1], values: { above: 5 }, severity: P3, reason: it is drained }\n    \
         - { alerts: [GethHearsNoConsensusClient], nodes: [n2], off: true, reason: it has no consensus client }\n",
    );
    let file = text(&tuned, "loki/rules/fake/geth.yml");
    assert!(
        file.contains(
            "# GethHearsNoConsensusClient is switched off for n2-execution: it has no consensus client"
        ),
        "{file}"
    );
    assert!(!text(&tuned, "prometheus/rules/geth.yml").contains("n2-execution"));
    let rules = yaml(&file);
    let rules: Vec<&Value> = rules["groups"][0]["rules"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|rule| rule["alert"] == "GethHearsNoConsensusClient")
        .collect();
    let of = |rule: &Value| {
        let expr = rule["expr"].as_str().unwrap();
        let selector = expr.split_once("network=\"demo\"").unwrap().1.split_once('}').unwrap().0.to_owned();
        (
            selector,
            expr.rsplit(' ').next().unwrap().to_owned(),
            rule["labels"]["severity"].as_str().unwrap().to_owned(),
        )
    };
    let found: Vec<_> = rules.iter().map(|rule| of(rule)).collect();
    let expected = [(", node!=\"n1\", node!=\"n2\"", "0", "P2"), (", node=\"n1\"", "5", "P3")];
    assert_eq!(found, expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    assert!(rules.iter().all(|rule| rule["labels"]["team"] == "core"), "{rules:#?}");

    let bad = tuning(
        "    - { alerts: [GethHearsNoConsensusClient], values: { over: 5 }, reason: it is drained }\n",
    );
    let finding = bad.diagnostics.iter().find(|d| d.rule.code == "NG0825").unwrap();
    assert!(finding.message.contains("has no value `over`"), "{}", finding.message);
}

/// A failure that only lines tell is told.
#[test]
fn alerts_about_lines_count_as_told() {
    let component = |covers: &str| {
        format!(
            "  foo: {{ host: ops, component: foo }}
components:
  foo:
    component: foo
    summary: Passes requests of builders on
    kind: block-builder
    version: {{ tested: 1.0.0 }}
    image: registry.demo.dev/foo
    provides: {{ metrics: {{ port: 26660, protocol: http, path: /metrics }} }}
    metrics: {{ foo_relays: {{ type: gauge, help: Relays that answer }} }}
    log-alerts:
      FooNoRelays:
        lines: [no relay answers]
        within: 10m
        severity: P3
        summary: No relay answers
        meaning: Blocks are built locally and earn less.
        actions: [ Look at the status pages of the relays. ]
        {covers}
        test: {{ fires: [\"warn: no relay answers\"], silent: [fine] }}
    sources: [ documentation of Foo ]
"
        )
    };
    let untold = |compilation: &Compilation| {
        let of_foo = |d: &&netgen::diag::Diagnostic| d.rule.code == "NG0817" && d.message.contains("`foo`");
        compilation.diagnostics.iter().filter(of_foo).count()
    };
    assert_eq!(untold(&run("{}", "{}", &component(""))), 1);
    assert_eq!(untold(&run("{}", "{}", &component("covers: { service: [no-upstream] }"))), 0);
}

#[test]
fn nothing_of_it_is_there_without_logs() {
    let manifest = MANIFEST.replace("  logs: LOGS\n", "").replace("SETTINGS", "{}").replace("MORE", "");
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    let options = Options { allow_unlocked: true, ..Options::default() };
    let compilation = compile(&world, &Input::new("network.yaml"), options);
    let bundle = compilation.bundle.unwrap();
    let strays: Vec<&str> = bundle
        .files()
        .map(|(path, _)| path.as_str())
        .filter(|path| path.contains("loki") || path.contains("alloy"))
        .collect();
    assert!(strays.is_empty(), "{strays:?}");
}

/// Every alert about lines counts the lines that it was written for. That a broken one is told is a test
/// of the catalog.
#[test]
fn the_proofs_of_the_catalog_hold() {
    let (mut catalog, world) = (Catalog::built_in(), MemoryWorld::default());
    let (mut sources, mut sink) = (SourceMap::default(), Sink::new());
    let ids: Vec<String> = catalog.ids().map(str::to_owned).collect();
    let mut alerts = 0;
    for id in ids {
        let entry = catalog.entry(&id, &world, &mut sources, &mut sink).unwrap();
        for (name, alert) in &entry.alerts.log_alerts {
            assert!(alert.problems().is_empty(), "{name}: {:?}", alert.problems());
            assert!(!alert.test.silent.is_empty(), "{name} has no line of a healthy service");
            alerts += 1;
        }
    }
    assert!(sink.is_empty() && alerts >= 8, "{alerts}");
}

#[test]
fn a_log_alert_that_misses_its_own_line_is_an_error() {
    let component = "  foo: { host: ops, component: foo }
components:
  foo:
    component: foo
    summary: A node
    kind: other
    version: { tested: 1.0.0 }
    image: registry.demo.dev/foo
    sources: [ documentation of Foo ]
    log-alerts:
      FooPanics:
        lines: [panicked]
        within: 10m
        severity: P3
        summary: It panics
        meaning: It is broken.
        actions: [Restart it.]
        test: { fires: ['thread main paniced'], silent: ['all is well'] }
";
    let broken = run("{}", "{}", component);
    let finding = broken.diagnostics.iter().find(|d| d.rule.code == "NG0208").unwrap();
    assert!(finding.message.contains("does not count its own line"), "{}", finding.message);
    let sound = run("{}", "{}", &component.replace("main paniced", "main panicked"));
    assert!(text(&sound, "loki/rules/fake/foo.yml").contains("FooPanics"));
}
