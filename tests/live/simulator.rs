//! Services that export what the catalog says, healthy until they are broken.
//!
//! A series of a healthy service is what the alerts call silent in their proofs; it moves by the
//! minute there, and by the second here (see [`crate::lapse`]). Metrics of the catalog that no alert
//! reads are there, too.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use netgen::catalog::component::{Component, Metric, MetricType};
use netgen::plan::{Job, Plan, Target};

use crate::failures::{Break, HEALTHY};
use crate::http;
use crate::mailbox::now;
use crate::pattern::Pattern;

/// The labels that the scrape adds; no exporter has them.
const OF_THE_SCRAPE: &[&str] = &["job", "instance", "network", "region", "host", "node", "role", "service"];

/// A service that is scraped.
#[derive(Debug)]
pub struct Exporter {
    pub service: String,
    pub host: String,
    pub region: String,
    started: Instant,
    series: Mutex<BTreeMap<String, Series>>,
    /// Metric -> its `HELP` and `TYPE`.
    heads: BTreeMap<String, String>,
    /// It answers nobody.
    down: AtomicBool,
    /// As an execution client it says that it still syncs.
    syncing: AtomicBool,
}

#[derive(Debug)]
struct Series {
    healthy: Pattern,
    /// Added to the healthy value, so that a counter never goes back.
    offset: f64,
    broken: Option<Fault>,
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    Value(f64),
    /// From a value at a minute, so much a minute.
    Grows {
        from: f64,
        since: f64,
        by: f64,
    },
}

impl Exporter {
    /// The service of a target.
    pub fn new(plan: &Plan, job: &Job, target: &Target) -> Result<Self, String> {
        let component = &plan.topology.services[target.service].component;
        let label = |name: &str| target.labels.get(name).cloned().unwrap_or_default();
        let (mut series, mut heads) = (BTreeMap::new(), BTreeMap::new());
        for alert in plan.alerts.values() {
            let of_this = |one: &&_| is_of(one, &job.name);
            for one in alert.silent.iter().filter(of_this).filter(|one| one.metric != "up") {
                let (family, metric) = described(component, &one.metric).ok_or_else(|| {
                    format!("`{}` reads `{}`, which `{}` does not export", alert.name, one.metric, job.name)
                })?;
                heads.insert(family.to_owned(), head(family, metric));
                let labels = one.labels.iter().filter(|(name, _)| !OF_THE_SCRAPE.contains(&name.as_str()));
                let labels = labels.map(|(name, value)| (name.as_str(), value.as_str()));
                let mut healthy = Pattern::parse(&one.values)?;
                if is_a_moment(&one.metric) && alert.expr.contains("time()") {
                    healthy = healthy.shifted(unix_time());
                }
                series.entry(key(&one.metric, labels)).or_insert_with(|| Series::new(healthy));
            }
        }
        for (key, values) in HEALTHY {
            if let Some(known) = series.get_mut(*key) {
                *known = Series::new(Pattern::parse(values)?);
            }
        }
        for (name, metric) in &component.metrics {
            let read = plan.alerts.values().any(|alert| alert.expr.contains(name.as_str()));
            if !read && !heads.contains_key(name) {
                heads.insert(name.clone(), head(name, metric));
                add_unread(&mut series, name, metric);
            }
        }
        Ok(Self {
            service: label("service"),
            host: label("host"),
            region: label("region"),
            started: now(),
            series: Mutex::new(series),
            heads,
            down: AtomicBool::new(false),
            syncing: AtomicBool::new(false),
        })
    }

    /// Answers scrapes.
    pub fn serve_metrics(self: &Arc<Self>, path: &str) -> SocketAddr {
        let (exporter, path) = (Arc::clone(self), path.to_owned());
        http::serve(move |request| {
            if exporter.down.load(Ordering::Relaxed) {
                None
            } else if request.path == path {
                Some((200, exporter.page()))
            } else {
                Some((404, String::new()))
            }
        })
    }

    /// Answers JSON-RPC: every question is taken for `eth_syncing`.
    pub fn serve_rpc(self: &Arc<Self>) -> SocketAddr {
        let exporter = Arc::clone(self);
        http::serve(move |_| {
            let syncing = exporter.syncing.load(Ordering::Relaxed);
            let result = if syncing { r#"{"currentBlock":"0x1","highestBlock":"0x9"}"# } else { "false" };
            let answer = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#);
            (!exporter.down.load(Ordering::Relaxed)).then_some((200, answer))
        })
    }

    /// Model minutes since the start.
    fn minutes(&self) -> f64 {
        self.started.elapsed().as_secs_f64() * crate::lapse::FACTOR as f64 / 60.0
    }

    fn page(&self) -> String {
        let minutes = self.minutes();
        let series = self.series.lock().unwrap();
        let mut page: String = self.heads.values().map(String::as_str).collect();
        for (key, series) in &*series {
            if let Some(value) = series.at(minutes) {
                page.push_str(&format!("{key} {value}\n"));
            }
        }
        page
    }

    /// Breaks it.
    pub fn fail(&self, how: &Break) {
        let minutes = self.minutes();
        let mut all = self.series.lock().unwrap();
        match *how {
            Break::Down => self.down.store(true, Ordering::Relaxed),
            Break::Syncing => self.syncing.store(true, Ordering::Relaxed),
            Break::Freeze(key) => {
                let series = known(&mut all, key);
                series.broken = series.at(minutes).map(Fault::Value);
            }
            Break::Set(key, value) => known(&mut all, key).broken = Some(Fault::Value(value)),
            Break::Grow(key, by) => {
                let series = known(&mut all, key);
                let from = series.at(minutes).unwrap_or_default();
                series.broken = Some(Fault::Grows { from, since: minutes, by });
            }
            Break::Count(key) => {
                // A counter with a label of its own is often not there before the first count.
                let series =
                    all.entry(key.to_owned()).or_insert_with(|| Series::new(Pattern::line(0.0, 0.0)));
                series.offset += 1.0;
            }
        }
    }

    /// Makes it well again.
    pub fn recover(&self, how: &Break) {
        let minutes = self.minutes();
        match *how {
            Break::Down => self.down.store(false, Ordering::Relaxed),
            Break::Syncing => self.syncing.store(false, Ordering::Relaxed),
            Break::Freeze(key) | Break::Set(key, _) => {
                known(&mut self.series.lock().unwrap(), key).broken = None;
            }
            Break::Grow(key, _) => {
                let mut all = self.series.lock().unwrap();
                let series = known(&mut all, key);
                let value = series.at(minutes).unwrap_or_default();
                series.offset = value - series.healthy.at(minutes).unwrap_or_default();
                series.broken = None;
            }
            // What was counted stays counted.
            Break::Count(_) => {}
        }
    }
}

impl Series {
    fn new(healthy: Pattern) -> Self {
        Self { healthy, offset: 0.0, broken: None }
    }

    fn at(&self, minutes: f64) -> Option<f64> {
        match self.broken {
            None => self.healthy.at(minutes).map(|value| value + self.offset),
            Some(Fault::Value(value)) => Some(value),
            Some(Fault::Grows { from, since, by }) => Some(from + (minutes - since) * by),
        }
    }
}

fn known<'a>(all: &'a mut BTreeMap<String, Series>, key: &str) -> &'a mut Series {
    let keys: Vec<String> = all.keys().cloned().collect();
    all.get_mut(key).unwrap_or_else(|| panic!("there is no series {key}; there are:\n{}", keys.join("\n")))
}

fn is_of(series: &netgen::catalog::alerts::Series, job: &str) -> bool {
    series.labels.get("job").is_some_and(|name| name == job)
}

/// `name{a="b"}` with the labels in order.
fn key<'a>(metric: &str, labels: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let sorted: BTreeMap<&str, &str> = labels.collect();
    let labels: Vec<String> = sorted.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    if labels.is_empty() { metric.to_owned() } else { format!("{metric}{{{}}}", labels.join(",")) }
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

/// A metric that no alert reads: what it says is all the same, as long as it is there.
fn add_unread(series: &mut BTreeMap<String, Series>, name: &str, metric: &Metric) {
    let mut add = |name: &str, label: Option<(&str, &str)>, step: f64| {
        let labels = metric.labels.iter().map(|label| (label.as_str(), "simulated")).chain(label);
        series.insert(key(name, labels), Series::new(Pattern::line(1.0, step)));
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
