//! `prometheus.yml` and the lists of targets.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;

use crate::plan::{Job, Plan};
use crate::topology::{Service, ServiceId};

/// The interface by which alerts leave.
const ALERTS: &str = "alertmanager-api";

#[derive(Serialize)]
pub(super) struct Config {
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

pub(super) fn config(plan: &Plan, store: &Service) -> Config {
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
pub(super) struct TargetGroup {
    targets: [String; 1],
    labels: IndexMap<String, String>,
}

/// The instances of a job, with their labels. `instance` is the name of the service: an address may
/// change, the name is what people know.
pub(super) fn targets(job: &Job, store: ServiceId) -> Vec<TargetGroup> {
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
