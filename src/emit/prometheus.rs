//! Prometheus: its configuration, scrape targets, alert rules, and the proof that every alert fires.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;

use super::format::{json, promql, yaml};
use super::{Artifacts, EmitError, Emitter, header};
use crate::catalog::alerts::Series;
use crate::plan::{Alert, Job, Plan};
use crate::template::Templates;
use crate::topology::{Service, ServiceId};

/// The tree that a metrics store mounts.
const TREE: &str = "prometheus";

/// The interface by which alerts leave.
const ALERTS: &str = "alertmanager-api";

/// The group of alerts that belong to no component.
const NETWORK: &str = "network";

pub(super) struct Prometheus;

impl Emitter for Prometheus {
    fn id(&self) -> &'static str {
        TREE
    }

    fn summary(&self) -> &'static str {
        "Prometheus: configuration, scrape targets, alert rules and their tests"
    }

    fn emit(&self, plan: &Plan, _: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        let Some(store) = store(plan)? else { return Ok(()) };
        let text = yaml::to_yaml_with_header(&header(plan), &config(plan, store))?;
        out.text(format!("{TREE}/prometheus.yml"), text);
        for job in plan.jobs.values() {
            out.text(format!("{TREE}/targets/{}.json", job.name), json::pretty(&targets(job, store.id))?);
        }
        for (group, alerts) in groups(plan) {
            let rules = RuleFile { groups: [group_of(plan, &group, &alerts)] };
            let text = yaml::to_yaml_with_header(&header(plan), &rules)?;
            out.text(format!("{TREE}/rules/{group}.yml"), text);
            let text = yaml::to_yaml_with_header(&header(plan), &tests(&group, &alerts)?)?;
            out.text(format!("{TREE}/tests/{group}_test.yml"), text);
        }
        Ok(())
    }
}

/// The service that mounts the tree.
fn store(plan: &Plan) -> Result<Option<&Service>, EmitError> {
    let mut stores = plan.topology.services.iter().filter(|s| s.component.artifacts.contains_key(TREE));
    match (stores.next(), stores.next()) {
        (Some(_), Some(second)) => Err(EmitError::unsupported(
            second.origin,
            format!("`{}` is a second service that scrapes", second.name),
            "keep one; targets are written for one service that scrapes",
        )),
        (first, _) => Ok(first),
    }
}

#[derive(Serialize)]
struct Config {
    global: Global,
    #[serde(skip_serializing_if = "Option::is_none")]
    alerting: Option<Alerting>,
    rule_files: [&'static str; 1],
    scrape_configs: Vec<ScrapeConfig>,
}

#[derive(Serialize)]
struct Global {
    scrape_interval: String,
    evaluation_interval: String,
    external_labels: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct Alerting {
    alertmanagers: [AlertmanagerConfig; 1],
}

#[derive(Serialize)]
struct AlertmanagerConfig {
    static_configs: [StaticConfig; 1],
}

#[derive(Serialize)]
struct StaticConfig {
    targets: Vec<String>,
}

#[derive(Serialize)]
struct ScrapeConfig {
    job_name: String,
    metrics_path: String,
    scheme: String,
    file_sd_configs: [FileSd; 1],
}

#[derive(Serialize)]
struct FileSd {
    files: [String; 1],
}

fn config(plan: &Plan, store: &Service) -> Config {
    let topology = &plan.topology;
    let interval =
        topology.monitoring.as_ref().map_or_else(|| "15s".to_owned(), |m| m.scrape_interval.to_string());
    let managers: Vec<String> = topology
        .providers(store.id, ALERTS)
        .filter_map(|provider| topology.endpoint(store.id, provider, ALERTS))
        .map(|endpoint| endpoint.authority())
        .collect();
    let alerting = (!managers.is_empty()).then_some(Alerting {
        alertmanagers: [AlertmanagerConfig { static_configs: [StaticConfig { targets: managers }] }],
    });
    let scrape_configs = plan
        .jobs
        .values()
        .map(|job| ScrapeConfig {
            job_name: job.name.clone(),
            metrics_path: job.path.clone(),
            scheme: job.scheme.clone(),
            file_sd_configs: [FileSd { files: [format!("targets/{}.json", job.name)] }],
        })
        .collect();
    Config {
        global: Global {
            scrape_interval: interval.clone(),
            evaluation_interval: interval,
            external_labels: BTreeMap::from([("environment", topology.environment.word().to_owned())]),
        },
        alerting,
        rule_files: ["rules/*.yml"],
        scrape_configs,
    }
}

#[derive(Serialize)]
struct TargetGroup {
    targets: [String; 1],
    labels: IndexMap<String, String>,
}

/// The instances of a job, with their labels. `instance` is the name of the service: an address may
/// change, the name is what people know.
fn targets(job: &Job, store: ServiceId) -> Vec<TargetGroup> {
    job.targets
        .iter()
        .filter_map(|target| {
            let mut labels = target.labels.clone();
            let name = labels.get("service").cloned().unwrap_or_default();
            labels.insert("instance".to_owned(), name);
            Some(TargetGroup { targets: [target.addresses.get(&store)?.clone()], labels })
        })
        .collect()
}

/// The alerts by file: one a component, and one for the network.
fn groups(plan: &Plan) -> BTreeMap<String, Vec<&Alert>> {
    let mut groups: BTreeMap<String, Vec<&Alert>> = BTreeMap::new();
    for alert in plan.alerts.values() {
        let group = alert.component.clone().unwrap_or_else(|| NETWORK.to_owned());
        groups.entry(group).or_default().push(alert);
    }
    groups
}

#[derive(Serialize)]
struct RuleFile {
    groups: [Group; 1],
}

#[derive(Serialize)]
struct Group {
    name: String,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
struct Rule {
    alert: String,
    expr: String,
    #[serde(rename = "for")]
    hold: String,
    labels: BTreeMap<&'static str, String>,
    annotations: IndexMap<&'static str, String>,
}

fn group_of(plan: &Plan, name: &str, alerts: &[&Alert]) -> Group {
    let network = &plan.topology.name;
    let rules = alerts
        .iter()
        .map(|alert| {
            let mut labels = BTreeMap::from([("severity", alert.severity.word().to_owned())]);
            // Aggregations drop the label; alerts of one network must still be told from those of another.
            labels.insert("network", network.clone());
            if let Some(component) = &alert.component {
                labels.insert("component", component.clone());
            }
            Rule {
                alert: alert.name.clone(),
                expr: alert.expr.clone(),
                hold: alert.hold.to_string(),
                labels,
                annotations: IndexMap::from([
                    ("summary", alert.summary.clone()),
                    ("description", promql::template_text(alert.meaning.trim())),
                    ("runbook_url", runbook(plan, alert)),
                ]),
            }
        })
        .collect();
    Group { name: name.to_owned(), rules }
}

/// Where the runbook of an alert stands: published, or in the bundle.
fn runbook(plan: &Plan, alert: &Alert) -> String {
    let base = plan.topology.monitoring.as_ref().and_then(|m| m.runbook_url.as_deref()).unwrap_or("runbooks");
    format!("{base}/{}.md", alert.name)
}

#[derive(Serialize)]
struct TestFile {
    rule_files: [String; 1],
    evaluation_interval: &'static str,
    tests: Vec<Test>,
}

#[derive(Serialize)]
struct Test {
    name: String,
    interval: &'static str,
    input_series: Vec<Input>,
    promql_expr_test: Vec<Expect>,
}

#[derive(Serialize)]
struct Input {
    series: String,
    values: String,
}

#[derive(Serialize)]
struct Expect {
    expr: String,
    eval_time: String,
    exp_samples: Vec<Sample>,
}

#[derive(Serialize)]
struct Sample {
    labels: &'static str,
    value: u32,
}

/// Each alert fires in time, not before `for` has passed, and never on a healthy system.
///
/// The proof asks for the series `ALERTS` and not for exact labels: which labels survive an
/// aggregation is the rule's own business, whether it fires is not.
fn tests(group: &str, alerts: &[&Alert]) -> Result<TestFile, EmitError> {
    let mut tests = Vec::new();
    for alert in alerts {
        let name = &alert.name;
        let firing =
            format!("count(ALERTS{{alertname={}, alertstate=\"firing\"}}) > bool 0", promql::string(name));
        let expect = |minutes: u64, fires: bool| Expect {
            expr: firing.clone(),
            eval_time: format!("{minutes}m"),
            exp_samples: if fires { vec![Sample { labels: "{}", value: 1 }] } else { Vec::new() },
        };
        let hold = alert.hold.0.div_ceil(60);
        let late = hold + alert.lead.0.div_ceil(60);
        let mut expectations = Vec::new();
        // Even a series that is bad from the start must not fire before `for` has passed.
        if hold >= 2 {
            expectations.push(expect(hold - 1, false));
        }
        expectations.push(expect(late, true));
        tests.push(Test {
            name: format!("{name} fires"),
            interval: "1m",
            input_series: inputs(&alert.fires)?,
            promql_expr_test: expectations,
        });
        if !alert.silent.is_empty() {
            let times = [late / 2, late];
            tests.push(Test {
                name: format!("{name} stays silent"),
                interval: "1m",
                input_series: inputs(&alert.silent)?,
                promql_expr_test: times.iter().map(|minutes| expect(*minutes, false)).collect(),
            });
        }
    }
    Ok(TestFile { rule_files: [format!("../rules/{group}.yml")], evaluation_interval: "1m", tests })
}

fn inputs(series: &[Series]) -> Result<Vec<Input>, EmitError> {
    series
        .iter()
        .map(|one| {
            promql::check_metric(&one.metric)?;
            let mut labels = Vec::new();
            for (name, value) in &one.labels {
                promql::check_label(name)?;
                labels.push(format!("{name}={}", promql::string(value)));
            }
            Ok(Input {
                series: format!("{}{{{}}}", one.metric, labels.join(", ")),
                values: one.values.clone(),
            })
        })
        .collect()
}
