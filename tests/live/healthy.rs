//! What healthy services export.
//!
//! A series of a healthy service is what the alerts call silent in their proofs. Metrics of the catalog
//! that no alert reads are there, too.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use netgen::catalog::component::{Component, Metric, MetricType};
use netgen::plan::{Job, Plan};

use crate::pattern::Pattern;

/// The labels that the scrape adds; no exporter has them.
const OF_THE_SCRAPE: &[&str] = &["job", "instance", "network", "region", "host", "node", "role", "service"];

/// Where the proofs of two alerts do not go together: each is healthy by itself, but they speak of
/// different heads of the chain.
const TOGETHER: &[(&str, &str)] = &[
    ("slotclock_present_slot", "9600000+5x1"),
    ("beacon_head_slot", "9599999+5x1"),
    ("beacon_head_state_finalized_epoch", "299998+0.15625x1"),
];

/// The page of a healthy service.
#[derive(Debug, Default)]
pub struct Page {
    /// The series, written as they are exported.
    pub series: BTreeMap<String, Pattern>,
    /// Metric -> its `HELP` and `TYPE`.
    pub heads: BTreeMap<String, String>,
}

impl Page {
    /// What the services of a job export.
    pub fn of(plan: &Plan, job: &Job, component: &Component) -> Result<Self, String> {
        let mut page = Self::default();
        for alert in plan.alerts.values() {
            let of_this = alert.silent.iter().filter(|one| one.labels.get("job") == Some(&job.name));
            for one in of_this.filter(|one| one.metric != "up") {
                let (family, metric) = described(component, &one.metric).ok_or_else(|| {
                    format!("`{}` reads `{}`, which `{}` does not export", alert.name, one.metric, job.name)
                })?;
                page.heads.insert(family.to_owned(), head(family, metric));
                let labels = one.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                let mut healthy = Pattern::parse(&one.values)?;
                if is_a_moment(&one.metric) && alert.expr.contains("time()") {
                    healthy = healthy.shifted(unix_time());
                }
                page.series.entry(key(&one.metric, labels)).or_insert(healthy);
            }
        }
        for (key, values) in TOGETHER {
            if let Some(known) = page.series.get_mut(*key) {
                *known = Pattern::parse(values)?;
            }
        }
        for (name, metric) in &component.metrics {
            let read = plan.alerts.values().any(|alert| alert.expr.contains(name.as_str()));
            if !read && !page.heads.contains_key(name) {
                page.heads.insert(name.clone(), head(name, metric));
                page.add_unread(name, metric);
            }
        }
        Ok(page)
    }

    /// A metric that no alert reads: what it says is all the same, as long as it is there.
    fn add_unread(&mut self, name: &str, metric: &Metric) {
        let mut add = |name: &str, label: Option<(&str, &str)>, step: f64| {
            let labels = metric.labels.iter().map(|label| (label.as_str(), "simulated")).chain(label);
            self.series.insert(key(name, labels), Pattern::line(1.0, step));
        };
        match metric.kind {
            MetricType::Gauge => add(name, None, 0.0),
            MetricType::Counter | MetricType::Meter => add(name, None, 1.0),
            MetricType::Histogram => {
                add(&format!("{name}_bucket"), Some(("le", "+Inf")), 1.0);
                add(&format!("{name}_sum"), None, 1.0);
                add(&format!("{name}_count"), None, 1.0);
            }
            MetricType::Summary => {
                add(name, Some(("quantile", "0.5")), 0.0);
                add(&format!("{name}_sum"), None, 1.0);
                add(&format!("{name}_count"), None, 1.0);
            }
        }
    }
}

/// `name{a="b"}` with the exporter's own labels in order.
fn key<'a>(metric: &str, labels: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let own: BTreeMap<&str, &str> = labels.filter(|(name, _)| !OF_THE_SCRAPE.contains(name)).collect();
    let own: Vec<String> = own.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    if own.is_empty() { metric.to_owned() } else { format!("{metric}{{{}}}", own.join(",")) }
}

/// The metric of the catalog that a series belongs to, with its name.
fn described<'a>(component: &'a Component, series: &str) -> Option<(&'a str, &'a Metric)> {
    let parts = ["", "_bucket", "_sum", "_count"].iter();
    let mut names = parts.filter_map(|part| series.strip_suffix(part));
    names.find_map(|name| component.metrics.get_key_value(name)).map(|(name, metric)| (name.as_str(), metric))
}

fn head(name: &str, metric: &Metric) -> String {
    let kind = match metric.kind {
        MetricType::Counter => "counter",
        MetricType::Gauge | MetricType::Meter => "gauge",
        MetricType::Histogram => "histogram",
        MetricType::Summary => "summary",
    };
    format!("# HELP {name} {}\n# TYPE {name} {kind}\n", metric.help.replace('\\', "\\\\"))
}

/// Whether a metric tells a moment. A proof begins in 1970; the live test does not.
fn is_a_moment(metric: &str) -> bool {
    ["_timestamp_seconds", "_timestamp", "_time_seconds", "_not_after"]
        .iter()
        .any(|end| metric.ends_with(end))
}

#[allow(clippy::disallowed_methods)]
fn unix_time() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}
