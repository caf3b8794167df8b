//! Services that export what the catalog says, healthy until they are broken.
//!
//! Series move by the minute in the proofs of the alerts, and by the second here: see [`crate::lapse`].

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use netgen::plan::{Job, Plan, Target};

use crate::failures::Break;
use crate::healthy::Page;
use crate::http;
use crate::mailbox::now;
use crate::pattern::Pattern;

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
        let page = Page::of(plan, job, component)?;
        let series = page.series.into_iter().map(|(key, healthy)| (key, Series::new(healthy))).collect();
        Ok(Self {
            service: label("service"),
            host: label("host"),
            region: label("region"),
            started: now(),
            series: Mutex::new(series),
            heads: page.heads,
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
            Break::Divert(from, to, share) => {
                let flow = known(&mut all, from).pace(minutes);
                known(&mut all, from).go_on(minutes, flow * (1.0 - share));
                known(&mut all, to).go_on(minutes, flow * share);
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
            Break::Divert(from, to, _) => {
                let mut all = self.series.lock().unwrap();
                [from, to].iter().for_each(|key| known(&mut all, key).keep(minutes));
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

    /// What is healthy growth in a minute.
    fn pace(&self, minutes: f64) -> f64 {
        let at = |minutes| self.healthy.at(minutes).unwrap_or_default();
        at(minutes + 1.0) - at(minutes)
    }

    /// Grows by so much a minute from now on.
    fn go_on(&mut self, minutes: f64, by: f64) {
        let from = self.at(minutes).unwrap_or_default();
        self.broken = Some(Fault::Grows { from, since: minutes, by });
    }

    /// Is healthy again from the value that it has: a counter never goes back.
    fn keep(&mut self, minutes: f64) {
        let value = self.at(minutes).unwrap_or_default();
        self.offset = value - self.healthy.at(minutes).unwrap_or_default();
        self.broken = None;
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
