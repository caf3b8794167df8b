//! Who scrapes and evaluates what, where several services do.
//!
//! * One collector, or several without shards: each scrapes everything and evaluates all rules. Several
//!   are replicas: their alerts are the same for Alertmanager, which sends one of them.
//! * Shards: each scrapes its share and evaluates the alerts of the components in it, all of which speak
//!   of one instance, or compare series of one host. The main collector scrapes the shards themselves,
//!   evaluates the alerts about the network as a whole and what is recorded, and takes from the shards
//!   the series that these need.

use serde::Serialize;

use super::reads;
use crate::catalog::component::MetricType;
use crate::emit::format::promql;
use crate::plan::{Alert, Job, METRICS, Plan};
use crate::topology::{Service, Shard};

/// One step of relabelling.
#[derive(Clone, Serialize)]
pub(super) struct Relabel {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    source_labels: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    regex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modulus: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_label: Option<&'static str>,
    action: &'static str,
}

impl Relabel {
    /// Keeps what has such a label.
    pub(super) fn keep(label: &'static str, regex: String) -> Self {
        let regex = Some(regex);
        Self { source_labels: vec![label], regex, modulus: None, target_label: None, action: "keep" }
    }

    /// Drops what has that label at all.
    pub(super) fn drop_labelled(label: &'static str) -> Self {
        let regex = Some(".+".to_owned());
        Self { source_labels: vec![label], regex, modulus: None, target_label: None, action: "drop" }
    }

    fn hash(label: &'static str, modulus: usize, target: &'static str) -> Self {
        let (modulus, target_label) = (Some(modulus), Some(target));
        Self { source_labels: vec![label], regex: None, modulus, target_label, action: "hashmod" }
    }

    fn forget(regex: &str) -> Self {
        let regex = Some(regex.to_owned());
        Self { source_labels: Vec::new(), regex, modulus: None, target_label: None, action: "labeldrop" }
    }
}

/// How the work is shared out.
pub(super) struct Share<'p> {
    plan: &'p Plan,
    /// The collectors without a shard.
    whole: usize,
}

impl<'p> Share<'p> {
    pub(super) fn new(plan: &'p Plan) -> Self {
        Self { plan, whole: plan.topology.collectors().filter(|store| store.shard.is_none()).count() }
    }

    fn is_sharded(&self) -> bool {
        !self.plan.topology.shards().is_empty()
    }

    /// The label that tells the series of one collector from those of another, where there are several.
    pub(super) fn label(&self, store: &Service) -> Option<(&'static str, String)> {
        match &store.shard {
            Some(shard) => Some(("shard", shard.clone())),
            None => (self.whole > 1).then(|| ("replica", store.name.clone())),
        }
    }

    /// Alerts of replicas must be equal, or each of them is sent.
    pub(super) fn alert_relabel(&self, store: &Service) -> Vec<Relabel> {
        match self.label(store) {
            Some(("replica", _)) => vec![Relabel::forget("replica")],
            _ => Vec::new(),
        }
    }

    /// The jobs of which it has targets.
    pub(super) fn jobs(&self, store: &Service) -> impl Iterator<Item = &'p Job> {
        let id = store.id;
        let jobs = self.plan.jobs.values();
        jobs.filter(move |job| job.targets.iter().any(|target| target.addresses.contains_key(&id)))
    }

    /// What keeps its share of targets that all shards are told.
    pub(super) fn relabel(&self, store: &Service) -> Vec<Relabel> {
        /// Labels with this prefix are never stored.
        const HASH: &str = "__tmp_hash";
        let shards = self.plan.topology.shards();
        let of_store = |shard: &Shard| shard.region.is_none() && store.shard.as_ref() == Some(&shard.name);
        let Some(at) = shards.iter().position(of_store) else { return Vec::new() };
        vec![Relabel::hash("host", shards.len(), HASH), Relabel::keep(HASH, at.to_string())]
    }

    /// The addresses of the shards, for the collector that knows the whole.
    pub(super) fn shards(&self, store: &Service) -> Vec<String> {
        if store.shard.is_some() {
            return Vec::new();
        }
        let topology = &self.plan.topology;
        let shards = topology.collectors().filter(|other| other.shard.is_some());
        shards.filter_map(|shard| Some(topology.endpoint(store.id, shard.id, METRICS)?.authority())).collect()
    }

    /// The series that the main collector takes from the shards: what its rules read.
    pub(super) fn federated(&self, store: &Service) -> Vec<String> {
        if !self.is_sharded() || store.shard.is_some() {
            return Vec::new();
        }
        let network = promql::string(&self.plan.topology.name);
        let mut wanted = vec![format!("up{{network={network}}}")];
        let recordings = self.plan.recordings.iter().flat_map(|group| &group.rules);
        let recorded =
            recordings.flat_map(|rule| &rule.reads).filter(|selector| !selector.starts_with("up{"));
        wanted.extend(recorded.cloned());
        let alerts: Vec<&Alert> =
            self.alerts(store).filter(|alert| reads(self.plan, alert).is_none()).collect();
        // What it scrapes itself it has already.
        let far = |job: &&Job| job.targets.iter().any(|target| !target.addresses.contains_key(&store.id));
        for job in self.plan.jobs.values().filter(far) {
            let Some(target) = job.targets.first() else { continue };
            let component = &self.plan.topology.services[target.service].component;
            for (name, metric) in &component.metrics {
                let parts: &[&str] = match metric.kind {
                    MetricType::Histogram => &["_bucket", "_sum", "_count"],
                    MetricType::Summary => &["", "_sum", "_count"],
                    MetricType::Counter | MetricType::Gauge | MetricType::Meter => &[""],
                };
                for series in parts.iter().map(|part| format!("{name}{part}")) {
                    if alerts.iter().any(|alert| alert.metrics.contains(&series)) {
                        wanted.push(format!("{series}{{network={network}}}"));
                    }
                }
            }
        }
        wanted.sort();
        wanted.dedup();
        wanted
    }

    /// The alerts that it evaluates.
    pub(super) fn alerts(&self, store: &Service) -> impl Iterator<Item = &'p Alert> {
        let sharded = self.is_sharded();
        let own: Vec<&str> = self.jobs(store).map(|job| job.name.as_str()).collect();
        let main = store.shard.is_none();
        self.plan.alerts.values().filter(move |alert| match alert.component.as_deref() {
            _ if !sharded => true,
            Some(component) if alert.local => own.contains(&component),
            _ => main,
        })
    }
}
