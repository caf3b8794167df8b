//! `prometheus.yml` and the lists of targets.

use std::collections::BTreeMap;

use serde::Serialize;

use super::remote::{RemoteRead, RemoteWrite, reads, writes};
use super::share::{Relabel, Share};
use crate::catalog::names::FEDERATED;
use crate::hashed::IndexMap;
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remote_write: Vec<RemoteWrite>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remote_read: Vec<RemoteRead>,
}

#[derive(Serialize)]
struct Global {
    scrape_interval: String,
    evaluation_interval: String,
    external_labels: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct Alerting {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alert_relabel_configs: Vec<Relabel>,
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
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    honor_labels: bool,
    metrics_path: String,
    scheme: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    params: BTreeMap<&'static str, Vec<String>>,
    file_sd_configs: [FileSd; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    relabel_configs: Vec<Relabel>,
}

#[derive(Serialize)]
struct FileSd {
    files: [String; 1],
}

pub(super) fn config(plan: &Plan, store: &Service, share: &Share<'_>) -> Config {
    let topology = &plan.topology;
    let interval =
        topology.monitoring.as_ref().map_or_else(|| "15s".to_owned(), |m| m.scrape_interval.to_string());
    let managers: Vec<String> = topology
        .providers(store.id, ALERTS)
        .filter_map(|provider| topology.endpoint(store.id, provider, ALERTS))
        .map(|endpoint| endpoint.authority())
        .collect();
    let mut external_labels = BTreeMap::from([("environment", topology.environment.word().to_owned())]);
    external_labels.extend(share.label(store));
    let alerting = (!managers.is_empty()).then(|| Alerting {
        alert_relabel_configs: share.alert_relabel(store),
        alertmanagers: [AlertmanagerConfig { static_configs: [StaticConfig { targets: managers }] }],
    });
    let files = |name: &str| [FileSd { files: [format!("targets/{name}.json")] }];
    let mut scrape_configs: Vec<ScrapeConfig> = share
        .jobs(store)
        .map(|job| ScrapeConfig {
            job_name: job.name.clone(),
            honor_labels: false,
            metrics_path: job.path.clone(),
            scheme: job.scheme.clone(),
            params: BTreeMap::new(),
            file_sd_configs: files(&job.name),
            relabel_configs: share.relabel(store),
        })
        .collect();
    let federated = share.federated(store);
    if !federated.is_empty() {
        scrape_configs.push(ScrapeConfig {
            job_name: FEDERATED.to_owned(),
            // The series keep the labels of their targets.
            honor_labels: true,
            metrics_path: "/federate".to_owned(),
            scheme: "http".to_owned(),
            params: BTreeMap::from([("match[]", federated)]),
            file_sd_configs: files(FEDERATED),
            relabel_configs: Vec::new(),
        });
    }
    let remote = topology.monitoring.as_ref().map_or(&[][..], |monitoring| &monitoring.remote_write);
    Config {
        global: Global { scrape_interval: interval.clone(), evaluation_interval: interval, external_labels },
        alerting,
        rule_files: ["rules/*.yml"],
        scrape_configs,
        remote_write: writes(remote, !share.shards(store).is_empty()),
        remote_read: reads(share.shards(store)),
    }
}

#[derive(Serialize)]
pub(super) struct TargetGroup {
    targets: [String; 1],
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
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

/// The shards as targets of the job that federates. They have no labels of the network: that they
/// answer is told by their own metrics, and once is enough.
pub(super) fn shards(addresses: Vec<String>) -> Vec<TargetGroup> {
    addresses
        .into_iter()
        .map(|address| TargetGroup { targets: [address], labels: IndexMap::default() })
        .collect()
}
