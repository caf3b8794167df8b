//! Objectives as Prometheus keeps them: what is recorded of each, and the alerts about error budgets.
//!
//! Every recorded series of an objective has the labels `network`, `role`, `slo` (`availability` or
//! `latency`) and, for a latency, `component`:
//!
//! | series | what |
//! |---|---|
//! | `role:slo_budget:ratio` | the share that may fail: one minus the objective |
//! | `role:slo_errors:ratio` | availability: the share of the services that do not answer now |
//! | `role:slo_requests:rate<w>`, `role:slo_slow_requests:rate<w>` | latency: requests, and those that took too long, a second |
//! | `role:slo_errors:ratio_rate<w>` | the share that failed over a window: `5m`, `30m`, `1h`, `2h`, `6h`, `1d`, `3d` and the window of the objective, for one over 30 days |
//! | `role:slo_budget_left:ratio` | what is left of the error budget: 1 is all of it, 0 nothing, below 0 the objective is missed |
//!
//! # What counts
//!
//! Availability is a share of time. The services that should answer are known from the manifest, so
//! one whose target vanished counts like one that is down: a role without any target fails wholly.
//! Time in which Prometheus itself was down has no samples and does not count.
//!
//! Latency is a share of requests. Windows add up recorded rates, so a busy hour weighs more than a
//! quiet one; an average of ratios would not. Without requests there is nothing to judge, and no series.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Job;
use super::alerts::{Alerts, Ground, Of, add};
use super::build::Context;
use crate::catalog::alerts::{Alert as Written, Series};
use crate::emit::format::promql::string as quoted;
use crate::hashed::IndexMap;
use crate::manifest::quantity::{Duration, Millis};
use crate::topology::{Measure, Objective, Slo, Topology, WINDOWS};

/// The share that may fail.
pub const BUDGET: &str = "role:slo_budget:ratio";
/// What is left of the error budget.
pub const BUDGET_LEFT: &str = "role:slo_budget_left:ratio";
const ERRORS: &str = "role:slo_errors:ratio";
const REQUESTS: &str = "role:slo_requests:rate";
const SLOW: &str = "role:slo_slow_requests:rate";

/// The longest windows change slowly: they are looked at so often, at most.
const SELDOM: Duration = Duration(60);

/// Series that Prometheus computes and keeps, group after group; the rules of a group in order.
#[derive(Clone, Debug)]
pub struct RecordingGroup {
    /// The name of the group.
    pub name: String,
    /// How often it is evaluated; `None`: as often as targets are scraped.
    pub interval: Option<Duration>,
    /// Its rules. Later ones read what earlier ones recorded.
    pub rules: Vec<Recording>,
}

/// A series that Prometheus computes and keeps.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Its name: `level:metric:operation`.
    pub name: String,
    /// PromQL.
    pub expr: String,
    /// Selectors of the series of targets that it reads; none where it reads what others recorded.
    pub reads: Vec<String>,
    /// Labels that the rule adds to those of the result.
    pub labels: IndexMap<String, String>,
    /// All labels of the result: those of the expression and those that the rule adds.
    pub result: Vec<&'static str>,
}

/// The name of the share of errors over a window.
pub fn errors_over(window: Duration) -> String {
    format!("{ERRORS}_rate{window}")
}

/// The recording rules of the objectives; none without any.
pub(super) fn recordings(topology: &Topology, jobs: &BTreeMap<String, Job>) -> Vec<RecordingGroup> {
    let Some((monitoring, slo)) = topology.monitoring.as_ref().and_then(|m| Some((m, m.slo.as_ref()?)))
    else {
        return Vec::new();
    };
    let network = Network { topology, slo, name: quoted(&topology.name) };
    let mut rules = Vec::new();
    for objective in &slo.objectives {
        let Some(base) = network.base(objective, expected(topology, jobs, objective)) else { continue };
        let labels = network.labels(objective);
        let budget = format!("vector({})", objective.target.rest().fraction());
        let result: Vec<&str> = LABELS.into_iter().filter(|label| labels.contains_key(*label)).collect();
        let mut record = |name: String, expr: String, reads: Vec<String>| {
            rules.push(Recording { name, expr, reads, labels: labels.clone(), result: result.clone() });
        };
        record(BUDGET.to_owned(), budget, Vec::new());
        base.into_iter().for_each(|(name, expr, reads)| record(name, expr, reads));
    }
    if rules.is_empty() {
        return Vec::new();
    }
    for (_, seconds) in WINDOWS {
        rules.extend(network.window(slo.scaled(seconds)));
    }
    let mut left = network.window(slo.window);
    let selector = format!("{{network={}}}", network.name);
    left.push(Recording {
        name: BUDGET_LEFT.to_owned(),
        expr: format!("1 - {}{selector} / {BUDGET}{selector}", errors_over(slo.window)),
        reads: Vec::new(),
        labels: IndexMap::default(),
        result: LABELS.to_vec(),
    });
    let seldom = (monitoring.scrape_interval < SELDOM).then_some(SELDOM);
    vec![
        RecordingGroup { name: "slo".to_owned(), interval: None, rules },
        RecordingGroup { name: "slo-budget".to_owned(), interval: seldom, rules: left },
    ]
}

/// The labels of a recorded series; those of an availability have no component.
const LABELS: [&str; 4] = ["network", "role", "slo", "component"];

/// How many targets an objective is about; what measures a latency answers requests in any number.
fn expected(topology: &Topology, jobs: &BTreeMap<String, Job>, objective: &Objective) -> usize {
    let of_role = |job: &Job| {
        let role = |id| topology.services[id].node.map(|node| topology.nodes[node].role.as_str());
        job.targets.iter().filter(|target| role(target.service) == Some(&objective.role)).count()
    };
    match &objective.measure {
        Measure::Availability => jobs.values().map(of_role).sum(),
        Measure::Latency { component, .. } => jobs.get(component).map_or(0, of_role),
    }
}

/// A recorded series: its name, its expression, the series of targets that it reads.
type Base = (String, String, Vec<String>);

struct Network<'a> {
    topology: &'a Topology,
    slo: &'a Slo,
    /// Its name as a literal.
    name: String,
}

impl Network<'_> {
    fn labels(&self, objective: &Objective) -> IndexMap<String, String> {
        let mut labels = IndexMap::from_iter([
            ("network".to_owned(), self.topology.name.clone()),
            ("role".to_owned(), objective.role.clone()),
            ("slo".to_owned(), objective.measure.word().to_owned()),
        ]);
        if let Measure::Latency { component, .. } = &objective.measure {
            labels.insert("component".to_owned(), component.clone());
        }
        labels
    }

    /// What is recorded of an objective itself; `None` where nothing that it is about is scraped.
    fn base(&self, objective: &Objective, expected: usize) -> Option<Vec<Base>> {
        if expected == 0 {
            return None;
        }
        let of_role = format!("network={},role={}", self.name, quoted(&objective.role));
        match &objective.measure {
            Measure::Availability => {
                let up = format!("up{{{of_role}}}");
                let answering = format!("(sum({up}) or vector(0))");
                let failing = format!("clamp_min(1 - {answering} / {expected}, 0)");
                Some(vec![(ERRORS.to_owned(), failing, vec![up])])
            }
            Measure::Latency { component, within } => {
                let mut services = self.topology.services_of_role(&objective.role);
                let service = services.find(|service| service.component.component.value == *component)?;
                let indicator = service.component.sli.latency.as_ref()?;
                let mut matchers = format!("{of_role},job={}", quoted(component));
                for (label, value) in &indicator.matchers {
                    matchers.push_str(&format!(",{label}={}", quoted(value)));
                }
                let window = self.slo.scaled(WINDOWS[0].1);
                let (histogram, bounds) = (&indicator.histogram, bounds(*within));
                let count = format!("{histogram}_count{{{matchers}}}");
                let all = format!("sum(rate({count}[{window}]))");
                let bucket = format!("{histogram}_bucket{{{matchers},le=~{bounds}}}");
                let slow = format!("clamp_min({all} - sum(rate({bucket}[{window}])), 0)");
                let (requests, slow_requests) = (format!("{REQUESTS}{window}"), format!("{SLOW}{window}"));
                Some(vec![(requests, all, vec![count.clone()]), (slow_requests, slow, vec![count, bucket])])
            }
        }
    }

    /// The share of errors over a window, of all objectives.
    fn window(&self, window: Duration) -> Vec<Recording> {
        // The label is there already; with it, no two rules record the same for promtool.
        let record = |word: &str, expr: String, result: &[&'static str]| Recording {
            name: errors_over(window),
            expr,
            reads: Vec::new(),
            labels: IndexMap::from_iter([("slo".to_owned(), word.to_owned())]),
            result: result.to_vec(),
        };
        let selector = |word: &str| format!("{{network={},slo=\"{word}\"}}", self.name);
        let has = |word: &str| self.slo.objectives.iter().any(|o| o.measure.word() == word);
        let mut rules = Vec::new();
        if has("availability") {
            let expr = format!("avg_over_time({ERRORS}{}[{window}])", selector("availability"));
            rules.push(record("availability", expr, &LABELS[..3]));
        }
        if has("latency") {
            let (short, selector) = (self.slo.scaled(WINDOWS[0].1), selector("latency"));
            let sum = |name: &str| match window == short {
                true => format!("{name}{short}{selector}"),
                false => format!("sum_over_time({name}{short}{selector}[{window}])"),
            };
            rules.push(record("latency", format!("{} / ({} > 0)", sum(SLOW), sum(REQUESTS)), &LABELS));
        }
        rules
    }
}

/// The pattern of the label `le` of a bucket, as a literal. Prometheus 3 stores a whole number with
/// `.0`, an older one as the target writes it.
fn bounds(within: Millis) -> String {
    let bound = within.seconds();
    let pattern = bound.replace('.', "\\.");
    quoted(&if bound.contains('.') { pattern } else { format!("{pattern}|{pattern}\\.0") })
}

/// The alerts about error budgets.
pub(super) fn alerts(
    cx: &mut Context<'_>,
    topology: &Topology,
    jobs: &BTreeMap<String, Job>,
    ground: &Ground<'_>,
    done: &mut Alerts,
) {
    let Some(slo) = topology.monitoring.as_ref().and_then(|m| m.slo.as_ref()) else { return };
    if recordings(topology, jobs).is_empty() {
        return;
    }
    let scope = scope(slo);
    let selector = format!("network={}", quoted(&topology.name));
    let tightest = slo.objectives.iter().map(|objective| objective.target.rest().0).min().unwrap_or_default();
    let mut kept = Vec::new();
    for (name, mut alert) in cx.objective_alerts() {
        // Where even a full outage burns no faster, the alert could never fire.
        if burn_rate(&alert.expr).is_some_and(|rate| rate * f64::from(tightest) >= 10_000.0) {
            continue;
        }
        // What is not promised has no alert.
        let promised = [("slo.repair", slo.repair), ("slo.between_failures", slo.between_failures)];
        if promised.into_iter().any(|(name, time)| time.is_none() && alert.expr.contains(name)) {
            continue;
        }
        expand(topology, jobs, slo, &mut alert);
        kept.push((name, alert));
    }
    let all: Vec<Of<'_>> = kept
        .iter()
        .map(|(name, alert)| {
            let (selector, more) = (selector.clone(), Some(("slo", &scope)));
            Of { name, component: None, alert, selector, more, recorded: true }
        })
        .collect();
    add(cx, ground, &all, done);
}

/// What templates know of the objectives: the windows of the burn rates by their names over 30 days, and
/// the window of the objectives.
pub(super) fn scope(slo: &Slo) -> Value {
    let windows: BTreeMap<&str, String> =
        WINDOWS.iter().map(|(name, seconds)| (*name, slo.scaled(*seconds).to_string())).collect();
    let text = |time: Option<Duration>| time.map(|time| time.to_string());
    json!({
        "windows": windows, "window": slo.window.to_string(),
        "repair": text(slo.repair), "between_failures": text(slo.between_failures),
    })
}

/// The burn rate above which an alert fires: the number before the first budget.
fn burn_rate(expr: &str) -> Option<f64> {
    let (before, _) = expr.split_once(&format!(" * {BUDGET}"))?;
    before.split_whitespace().next_back()?.parse().ok()
}

/// Puts the roles of the network into the proof of an alert: a series of the data stands for each, and
/// `ALL` in its values for the number of its targets. All of them as one series have the same sum.
fn expand(topology: &Topology, jobs: &BTreeMap<String, Job>, slo: &Slo, alert: &mut Written) {
    let roles: Vec<(&Objective, usize)> = slo
        .objectives
        .iter()
        .filter(|objective| objective.measure == Measure::Availability)
        .map(|objective| (objective, expected(topology, jobs, objective)))
        .filter(|(_, expected)| *expected > 0)
        .collect();
    let of_roles = |series: &[Series]| -> Vec<Series> {
        let each = series.iter().flat_map(|series| roles.iter().map(move |role| (series, role)));
        each.map(|(series, (objective, expected))| {
            let mut labels = IndexMap::from_iter([
                ("network".to_owned(), topology.name.clone()),
                ("role".to_owned(), objective.role.clone()),
            ]);
            labels.extend(series.labels.clone());
            let values = series.values.replace("ALL", &expected.to_string());
            Series { metric: series.metric.clone(), labels, values, among: None }
        })
        .collect()
    };
    alert.test.fires = of_roles(&alert.test.fires);
    alert.test.silent = of_roles(&alert.test.silent);
}
