//! Alerts, recording rules and panels are read as PromQL and judged before anything is deployed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "common/mutants.rs"]
mod mutants;

use netgen::diag::Severity;
use netgen::world::MemoryWorld;
use netgen::{Input, Options, compile_to_plan};

/// A chain node with one alert, whose lines are these, and these metrics.
fn manifest(metrics: &str, alert: &str) -> String {
    format!(
        "netgen: 1
network: {{ name: demo, chain: hoodi }}
hosts: {{ a: {{ address: 203.0.113.10 }} }}
components:
  foo:
    component: foo
    summary: A chain node
    kind: chain-node
    version: {{ tested: 1.0.0 }}
    image: registry.demo.dev/foo
    provides:
      p2p: {{ port: 30333, exposure: public }}
      metrics: {{ port: 30335, protocol: http, path: /metrics }}
    volumes: {{ data: {{ path: /data }} }}
    stop: {{ grace: 2m }}
    sources: [ its documentation ]
    metrics: {metrics}
    alerts:
      FooAlert:
{alert}
        for: 5m
        severity: P2
        meaning: It is.
        actions: [Look.]
        test: {{ fires: [], silent: [] }}
services: {{ foo: {{ host: a, component: foo }} }}
secrets: {{ pagerduty: {{ env: PAGERDUTY_KEY }} }}
monitoring:
  host: a
  receivers: {{ oncall: {{ pagerduty: {{ secret: pagerduty }} }} }}
  routes: [{{ to: oncall }}]
"
    )
}

const METRICS: &str = "
      foo_height: { type: gauge, help: Height, labels: [fork] }
      foo_blocks_total: { type: counter, help: Blocks }
      foo_errors_total: { type: counter, help: Errors, labels: [kind] }
      foo_seconds: { type: histogram, help: Time, labels: [method], unit: seconds }
      foo_wait: { type: summary, help: Time, unit: seconds, lacks: [sum] }
      foo_memory_bytes: { type: gauge, help: Memory, unit: bytes }";

/// Errors as (code, text under the primary span).
fn errors(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let world = MemoryWorld::new(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
    let options = Options { allow_unlocked: true, ..Options::default() };
    let compilation = compile_to_plan(&world, &Input::new("network.yaml"), options);
    let found = compilation.diagnostics.iter().filter(|d| d.severity == Severity::Error);
    found
        .map(|d| {
            let span = d.span();
            let text = compilation.sources.get(span.source).map_or("", |source| source.slice(span));
            (d.rule.code.to_owned(), text.to_owned())
        })
        .collect()
}

fn of_expr(expr: &str, summary: &str) -> Vec<(String, String)> {
    let alert = format!("        expr: >-\n          {expr}\n        summary: \"{summary}\"");
    errors(&[("network.yaml", &manifest(METRICS, &alert))])
}

#[test]
fn sound_alerts_are_left_alone() {
    for expr in [
        "foo_height{ {{ selector }}, fork=\"main\" } < 1",
        "foo_height{ {{ selector }}, fork!~\"x|y\", node=\"\" } < 1",
        "rate(foo_blocks_total{ {{ selector }} }[5m]) == 0",
        "sum by (host, service, node, kind) (increase(foo_errors_total{ {{ selector }} }[15m])) > 3",
        "sum without (kind) (rate(foo_errors_total{ {{ selector }} }[5m])) / rate(foo_blocks_total{ {{ selector }} }[5m]) > 0.1",
        "rate(foo_errors_total{ {{ selector }} }[5m]) / ignoring (kind) group_left () rate(foo_blocks_total{ {{ selector }} }[5m]) > 0.1",
        "histogram_quantile(0.99, sum by (le, host, service) (rate(foo_seconds_bucket{ {{ selector }} }[5m]))) > 1",
        "rate(foo_seconds_sum{ {{ selector }} }[5m]) / rate(foo_seconds_count{ {{ selector }} }[5m]) > 1",
        "foo_wait{ {{ selector }}, quantile=\"0.95\" } > 1",
        "rate(foo_wait_count{ {{ selector }} }[5m]) > 100",
        "absent(foo_height{ {{ selector }} }) and on () vector(1)",
        "up{ {{ selector }} } == 0 unless on (host) up{job=\"node-exporter\"} == 0",
        "predict_linear(node_filesystem_avail_bytes{mountpoint=\"/\"}[6h], 86400) < 0",
        "deriv(foo_memory_bytes{ {{ selector }} }[1h]) > 1e6",
        "max_over_time((foo_height{ {{ selector }} } > 3)[10m:1m]) > 5",
        "count by (host) (foo_height{ {{ selector }} }) < 2",
        "foo_height{ {{ selector }} } == 0 and on (region) (time() - process_start_time_seconds{job=\"prometheus\"}) > 60 or foo_height < 0",
        "changes(foo_height{ {{ selector }} }[{{ chain.block_time * 25 }}s]) == 0",
        "count(ALERTS{alertstate=\"firing\", severity=\"P1\"}) > 3",
        "label_replace(foo_height{ {{ selector }} }, \"zone\", \"$1\", \"host\", \"(..).*\") < 1",
    ] {
        let found = of_expr(expr, "It is wrong");
        assert!(found.is_empty(), "{expr}: {found:?}");
    }
    assert_eq!(
        of_expr("sum by (host) (foo_height{ {{ selector }} }) < 1", "{{ $labels.host }} {{ $value }}"),
        []
    );
    assert_eq!(of_expr("foo_height < 1", "{{ $labels.node }} {{ $labels.fork }} {{ $labels.instance }}"), []);
}

#[test]
fn unsound_alerts_are_refused_at_the_word() {
    for (expr, code, word) in [
        ("foo_height{ {{ selector }} } < 1 1", "NG0820", "1"),
        ("rate(foo_blocks_total{ {{ selector }} }) > 1", "NG0820", "rate"),
        ("foo_height{ {{ selector }}, froks=\"main\" } < 1", "NG0821", "froks"),
        ("sum by (hots) (foo_height{ {{ selector }} }) < 1", "NG0821", "hots"),
        ("foo_height / on (hots) foo_memory_bytes < 1", "NG0821", "hots"),
        ("foo_memory_bytes / on (host) group_left (frok) foo_height < 1", "NG0821", "frok"),
        ("foo_memory_bytes < on (host, kind) foo_height", "NG0821", "kind"),
        ("histogram_quantile(0.9, rate(foo_blocks_total[5m])) > 1", "NG0822", "histogram_quantile"),
        ("foo_height{ {{ selector }} } > bool 2", "NG0824", "bool"),
        ("rate(foo_wait_sum[5m]) > 1", "NG0808", "foo_wait_sum"),
        ("foo_seconds > 1", "NG0808", "foo_seconds"),
        ("foo_height{job=\"prometheus\"} < 1", "NG0808", "foo_height"),
        ("foo_height{job=\"fooo\"} < 1", "NG0811", "fooo"),
        ("resets(foo_height[5m]) > 1", "NG0809", "foo_height"),
        ("predict_linear(foo_blocks_total[1h], 600) < 1", "NG0809", "foo_blocks_total"),
        ("rate(foo_wait{quantile=\"0.9\"}[5m]) > 1", "NG0809", "foo_wait"),
        ("foo_errors_total / foo_blocks_total > 1", "NG0810", "foo_errors_total"),
        ("absent(foo_height) == 0", "NG0810", "absent"),
        ("rate(foo_blocks_total[29s]) == 0", "NG0812", "29s"),
    ] {
        assert_eq!(of_expr(expr, "It is wrong"), [(code.to_owned(), word.to_owned())], "{expr}");
    }
    let found = of_expr("sum(foo_height{ {{ selector }} }) < 1", "{{ $labels.host }} is low");
    assert_eq!(found, [("NG0821".to_owned(), "$labels.host".to_owned())]);
    let silences =
        "        expr: sum(foo_height) < 1\n        summary: Low\n        silences: [network, host]";
    let found = errors(&[("network.yaml", &manifest(METRICS, silences))]);
    assert_eq!(found, [("NG0821".to_owned(), "host".to_owned())]);
}

/// A component in a folder of its own: the place is in its file.
#[test]
fn files_of_components_are_judged_in_their_place() {
    let inline = manifest(METRICS, "        expr: X\n        summary: Y");
    let (before, rest) = inline.split_once("components:\n").unwrap();
    let (component, after) = rest.split_once("services:").unwrap();
    let (component, _) = component.split_once("    alerts:\n").unwrap();
    let component: String = component.lines().skip(1).map(|line| format!("{}\n", &line[4..])).collect();
    let network = format!("{before}services:{after}");
    let alerts = "alerts:
  FooLow:
    summary: \"{{ $labels.hots }} is low\"
    expr: foo_height{frok=\"main\"} < 1
    for: 5m
    severity: P2
    meaning: It is.
    actions: [Look.]
    test: { fires: [], silent: [] }
";
    let dashboard = "title: Foo
rows:
  - title: Foo
    panels:
      - title: Blocks
        type: timeseries
        queries:
          - { expr: \"sum by (service) (rate(foo_blocks_total{ {{ selector }} }[$__rate_interval]))\", legend: \"{{service}}\" }
          - { expr: \"sum by (service) (rate(foo_errors_total{ {{ selector }} }[5m]))\", legend: \"{{service}} {{kind}}\" }
";
    let files = [
        ("network.yaml", network.as_str()),
        ("components/foo/component.yaml", component.as_str()),
        ("components/foo/alerts.yaml", alerts),
        ("components/foo/dashboard.yaml", dashboard),
    ];
    let mut found = errors(&files);
    found.sort();
    let words: Vec<&str> = found.iter().map(|(_, word)| word.as_str()).collect();
    assert_eq!(words, ["$labels.hots", "frok", "{{kind}}"], "{found:?}");
}
