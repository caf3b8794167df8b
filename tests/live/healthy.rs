//! What healthy services export.
//!
//! A series of a healthy service is what the alerts call silent in their proofs, or good. Metrics of the
//! catalog that no alert reads are there, too.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use netgen::catalog::alerts::{Pace, Series};
use netgen::catalog::component::{Component, Metric, MetricType};
use netgen::plan::{Alert, Course, Job, Plan};

use crate::pattern::Pattern;

/// The labels that the scrape adds; no exporter has them.
const OF_THE_SCRAPE: &[&str] = &["job", "instance", "network", "region", "host", "node", "role", "service"];

/// Where the proofs of two alerts do not go together: each is healthy by itself, but they speak of
/// different heads of the chain; or one shows a failure that another alert tells.
const TOGETHER: &[(&str, &str)] = &[
    ("chain_head_block", "19000000+5x1"),
    ("chain_head_header", "19000001+5x1"),
    ("netgen_resident_running{resident=\"el\"}", "1x1"),
    ("txpool_pending", "40x1"),
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
        // What is not there before the first failure; another proof may begin later.
        let mut missing = BTreeSet::new();
        for alert in plan.alerts.values().flat_map(Alert::variants) {
            for one in &alert.silent {
                let Series { metric, labels, values, .. } = one;
                let labels = labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                page.add_read(job, component, alert, metric, &labels, Pattern::parse(values)?)?;
            }
            for course in alert.proofs.iter().flat_map(|proof| &proof.series) {
                let labels =
                    course.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                match good(course) {
                    Some(line) if !missing.contains(&key(&course.metric, &labels)) => {
                        page.add_read(job, component, alert, &course.metric, &labels, line)?;
                    }
                    Some(_) => {}
                    None => {
                        missing.insert(key(&course.metric, &labels));
                    }
                }
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

    /// A series of an alert's proof, if it is the job's.
    fn add_read(
        &mut self,
        job: &Job,
        component: &Component,
        alert: &Alert,
        metric: &str,
        labels: &BTreeMap<&str, &str>,
        mut healthy: Pattern,
    ) -> Result<(), String> {
        if metric == "up" || labels.get("job") != Some(&job.name.as_str()) {
            return Ok(());
        }
        let (family, described) = described(component, metric).ok_or_else(|| {
            format!("`{}` reads `{metric}`, which `{}` does not export", alert.name, job.name)
        })?;
        self.heads.insert(family.to_owned(), head(family, described));
        if is_a_moment(metric) && alert.expr.contains("time()") {
            healthy = healthy.shifted(unix_time());
        }
        self.series.entry(key(metric, labels)).or_insert(healthy);
        Ok(())
    }

    /// A metric that no alert reads: what it says is all the same, as long as it is there.
    fn add_unread(&mut self, name: &str, metric: &Metric) {
        let mut add = |name: &str, label: Option<(&str, &str)>, step: f64| {
            let labels = metric.labels.iter().map(|label| (label.as_str(), "simulated")).chain(label);
            self.series.insert(key(name, &labels.collect()), Pattern::line(1.0, step));
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
fn key(metric: &str, labels: &BTreeMap<&str, &str>) -> String {
    let own = labels.iter().filter(|(name, _)| !OF_THE_SCRAPE.contains(name));
    let own: Vec<String> = own.map(|(name, value)| format!("{name}={value:?}")).collect();
    if own.is_empty() { metric.to_owned() } else { format!("{metric}{{{}}}", own.join(",")) }
}

/// How a series of a proof goes on while all is good; `None` where it is not there.
fn good(course: &Course) -> Option<Pattern> {
    match course.good {
        Pace::Level(value) => Some(Pattern::line(value, 0.0)),
        Pace::Step { step, minutes } => Some(Pattern::line(course.start, step / f64::from(minutes))),
        Pace::Silence | Pace::Gone => None,
    }
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
    ["_timestamp_seconds", "_timestamp", "_time_seconds", "_mtime_seconds", "_not_after"]
        .iter()
        .any(|end| metric.ends_with(end))
}

#[allow(clippy::disallowed_methods)]
fn unix_time() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}
