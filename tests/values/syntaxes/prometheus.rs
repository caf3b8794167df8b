//! Rules, targets and the configuration of Prometheus, as the running program knows them.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use netgen::emit::format::{json::pretty, promql, yaml::to_yaml};
use serde_json::{Map, Value, json};

use super::{Outcome, Syntax, Writer};
use crate::bench::{Bench, Fault, scratch};
use crate::http;

/// Annotations and labels of alerts, which are templates of Go; labels of targets, which are not.
pub const SYNTAX: Syntax = Syntax {
    name: "prometheus",
    tools: &["prometheus", "promtool"],
    read,
    mistaken: "{{ 42 }}",
    refusable: |_| false,
};

/// How often it is asked whether it has begun, and how long it waits in between.
const TRIES: usize = 600;
const PAUSE: Duration = Duration::from_millis(100);

fn read(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    let named = |text: fn(&str) -> String| -> Map<String, Value> {
        values.iter().enumerate().map(|(at, value)| (format!("V{at}"), json!(text(value)))).collect()
    };
    let literal = named(str::to_owned);
    let template = named(match writer {
        Writer::Netgen => promql::template_text,
        Writer::Naive => str::to_owned,
    });
    let rule = json!({ "alert": "A", "expr": "vector(1)", "labels": template, "annotations": template });
    let rules = json!({ "groups": [{ "name": "g", "interval": "1s", "rules": [rule] }] });
    let job = json!({
        "job_name": "j",
        // Far beyond the end of the test: nothing listens there.
        "scrape_interval": "1h",
        "static_configs": [{ "targets": ["127.0.0.1:1"], "labels": literal }],
        "file_sd_configs": [{ "files": ["targets.json"] }],
    });
    let config = json!({ "rule_files": ["rules.yml"], "scrape_configs": [job] });
    let targets = json!([{ "targets": ["127.0.0.1:2"], "labels": literal }]);

    let folder = scratch()?;
    let put = |name: &str, text: Result<String, _>| {
        let text = text.map_err(super::unwritten)?;
        fs::write(folder.path().join(name), text).map_err(Fault::io("cannot write"))
    };
    put("rules.yml", to_yaml(&rules))?;
    put("prometheus.yml", to_yaml(&config))?;
    put("targets.json", pretty(&targets))?;
    let told = running(bench, folder.path())?;
    let outcome = |(at, value): (usize, &String)| {
        let name = format!("V{at}");
        // An empty label is one that is not there.
        let label = |labels: &'static str| {
            let found = told.pointer(labels).and_then(|labels| labels.get(&name)?.as_str());
            found.or_else(|| value.is_empty().then_some(""))
        };
        let places = [
            ("an annotation", label("/alert/annotations")),
            ("a label of an alert", label("/alert/labels")),
            ("a label in the configuration", label("/static/labels")),
            ("a label of a target", label("/file/labels")),
        ];
        Outcome::of(value, places)
    };
    Ok(values.iter().enumerate().map(outcome).collect())
}

/// Starts it, and asks what it knows: the alert, the target of the configuration, that of the file.
fn running(bench: &Bench, folder: &Path) -> Result<Value, Fault> {
    bench.tool("promtool")?.at(folder).args(["check", "config", "prometheus.yml"]).run()?.accepted()?;
    let address = http::free();
    let listen = format!("--web.listen-address={address}");
    let arguments = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", &listen];
    let (mut child, _home) = bench.tool("prometheus")?.at(folder).args(arguments).start()?;
    let ask = || {
        let alerts = http::json(address, "/api/v1/alerts")?;
        let targets = http::json(address, "/api/v1/targets?state=active")?;
        let target = |address: &str| {
            let all = targets["data"]["activeTargets"].as_array()?;
            all.iter().find(|target| target["discoveredLabels"]["__address__"] == address).cloned()
        };
        Some(json!({
            "alert": alerts["data"]["alerts"].get(0)?,
            "static": target("127.0.0.1:1")?,
            "file": target("127.0.0.1:2")?,
        }))
    };
    let mut told = None;
    for _ in 0..TRIES {
        told = ask();
        if told.is_some() || !matches!(child.try_wait(), Ok(None)) {
            break;
        }
        thread::sleep(PAUSE);
    }
    // It has said all that it is asked for.
    _ = child.kill();
    _ = child.wait();
    told.ok_or_else(|| Fault::Trouble("Prometheus does not tell what it knows".to_owned()))
}
