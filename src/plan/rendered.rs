//! One alert for some services, with everything in it rendered.

use std::collections::{BTreeMap, BTreeSet};

use super::alert::Course;
use super::alerts::series_labels;
use super::{Alert, Decision, Job, Proof, texts};
use crate::catalog::alerts::{self as pack, Formula, Pace, Probe, Series};
use crate::hashed::IndexMap;
use crate::manifest::Severity;
use crate::manifest::quantity::Duration;
use crate::query::Query;
use crate::template::{Context, Templates};
use crate::text::Spanned;
use crate::topology::{ServiceId, Topology, Tuning};

/// A collector that sees some of the instances sees all series with one value of such a label.
const APART: [&str; 4] = ["instance", "service", "host", "node"];

/// An alert of a pack, and for whom it is wanted.
pub(super) struct Wanted<'a> {
    pub(super) topology: &'a Topology,
    pub(super) jobs: &'a BTreeMap<String, Job>,
    pub(super) name: &'a str,
    pub(super) component: Option<&'a str>,
    pub(super) alert: &'a pack::Alert,
    pub(super) services: Option<&'a BTreeSet<ServiceId>>,
    /// Whose labels the proof has.
    pub(super) target: Option<ServiceId>,
    pub(super) tunings: &'a [&'a Tuning],
}

/// Renders it; says what fails.
pub(super) fn render(templates: &Templates, wanted: &Wanted<'_>, scope: &Context) -> Result<Alert, String> {
    let alert = wanted.alert;
    let mut set: BTreeMap<&str, f64> = BTreeMap::new();
    for tuning in wanted.tunings {
        for (name, number) in &tuning.values {
            set.entry(name).or_insert(number.value);
        }
    }
    let values = texts::values(templates, &alert.values, &set, scope)?;
    let numbers = texts::with_numbers(scope, &values);
    let expr = templates.render_query(&alert.expr, &numbers).map_err(|error| error.message)?;
    let words = |text: &str| texts::words(templates, text, scope, &values);
    let labels = labels(wanted);
    let series = |list: &[Series]| -> Vec<Series> {
        let one = |one: &Series| Series {
            metric: one.metric.clone(),
            labels: all_labels(&labels, &one.labels).into_iter().collect(),
            ..one.clone()
        };
        list.iter().map(one).collect()
    };
    let proofs = proofs(templates, alert, &labels, &numbers, wanted.component.is_some())?;
    let (hold, severity, decisions) = decided(wanted.tunings, alert.hold, alert.severity);
    // What is no PromQL is told by the rules on expressions.
    let query = Query::read(expr.trim()).ok();
    Ok(Alert {
        name: wanted.name.to_owned(),
        component: wanted.component.map(str::to_owned),
        expr: expr.trim().to_owned(),
        metrics: query.as_ref().map(Query::metrics).unwrap_or_default(),
        local: query.as_ref().is_some_and(|query| query.is_local(&APART)),
        query,
        origin: alert.expr.span,
        hold,
        severity,
        values: values.clone(),
        summary: Spanned { value: words(&alert.summary)?, span: alert.summary.span },
        meaning: words(&alert.meaning)?,
        actions: alert.actions.iter().map(|action| words(action)).collect::<Result<_, _>>()?,
        silences: alert.silences.clone(),
        heartbeat: alert.heartbeat,
        covers: alert.covers.clone(),
        services: wanted.services.cloned(),
        decisions,
        others: Vec::new(),
        proofs,
        absent: alert.test.absent,
        fires: series(&alert.test.fires),
        silent: series(&alert.test.silent),
        lead: alert.test.lead,
    })
}

/// How long it must hold, how soon a person must act, and why: the first tuning that says so, or the pack.
pub(super) fn decided(
    tunings: &[&Tuning],
    hold: Duration,
    severity: Severity,
) -> (Duration, Severity, Vec<Decision>) {
    let decision = |tuning: &&Tuning| Decision {
        reason: tuning.reason.clone(),
        until: tuning.until.map(|day| day.value.to_string()),
    };
    (
        tunings.iter().find_map(|tuning| tuning.hold).map_or(hold, |hold| hold.value),
        tunings.iter().find_map(|tuning| tuning.severity).map_or(severity, |severity| severity.value),
        tunings.iter().map(decision).collect(),
    )
}

/// The labels of the scrape of the target.
fn labels(wanted: &Wanted<'_>) -> IndexMap<String, String> {
    let Some(service) = wanted.target else { return IndexMap::default() };
    let component = &wanted.topology.services[service].component.component.value;
    let job = wanted.jobs.get(component);
    let target = job.and_then(|job| Some((job, job.targets.iter().find(|t| t.service == service)?)));
    target.map_or_else(IndexMap::default, |(job, target)| series_labels(job, &target.labels))
}

fn all_labels(target: &IndexMap<String, String>, own: &IndexMap<String, String>) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> =
        target.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    for (name, value) in own {
        // Whose a series is stays with the target; a sample without a node may have one for the proof.
        if matches!(name.as_str(), "node" | "role") && !value.is_empty() && all.contains_key(name) {
            continue;
        }
        all.insert(name.clone(), value.clone());
    }
    // An empty value takes a standard label away, as in `node: ""`.
    all.retain(|_, value| !value.is_empty());
    all
}

fn proofs(
    templates: &Templates,
    alert: &pack::Alert,
    labels: &IndexMap<String, String>,
    scope: &Context,
    of_component: bool,
) -> Result<Vec<Proof>, String> {
    let minutes = |formula: &Formula| -> Result<u64, String> {
        let seconds = texts::number(templates, formula, scope)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within bounds")]
        let minutes = (seconds / 60.0).floor().clamp(0.0, 100_000.0) as u64;
        Ok(minutes)
    };
    let mut proofs = Vec::new();
    for case in alert.test.cases() {
        let series: Vec<Course> = case
            .series
            .iter()
            .map(|probe| course(templates, probe, labels, scope))
            .collect::<Result<_, _>>()?;
        proofs.push(Proof {
            labels: kept(alert, &series, of_component),
            series,
            delay: minutes(&case.delay)?,
            clears: minutes(&case.clears)?,
            warm: minutes(&case.warm)?,
            alerts: case.alerts,
            together: case.together,
        });
    }
    Ok(proofs)
}

/// Labels that the alert must have: those of which its summary speaks, and of a component's alert where
/// the failure is, for the routes.
fn kept(alert: &pack::Alert, series: &[Course], of_component: bool) -> BTreeMap<String, String> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    if of_component {
        names.extend(["region", "host", "service"]);
    }
    for part in alert.summary.split("$labels.").skip(1) {
        let end = part.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(part.len());
        names.extend(part.get(..end));
    }
    let mut labels = BTreeMap::new();
    for name in names {
        let values: BTreeSet<&String> =
            series.iter().filter(|one| one.bad != one.good).filter_map(|one| one.labels.get(name)).collect();
        // Where several series go bad, the label may differ between them.
        if let Some(value) = values.first().filter(|_| values.len() == 1) {
            labels.insert(name.to_owned(), (*value).clone());
        }
    }
    labels
}

fn course(
    templates: &Templates,
    probe: &Probe,
    labels: &IndexMap<String, String>,
    scope: &Context,
) -> Result<Course, String> {
    let text = |text: &str| templates.render_str(text, scope).map_err(|error| error.message);
    let pace = |formula: &Formula| -> Result<Pace, String> {
        let rendered = text(&formula.text())?;
        Pace::parse(&rendered).ok_or_else(|| format!("`{rendered}` is no pace of `{}`", probe.metric))
    };
    let mut own = IndexMap::default();
    for (name, value) in &probe.labels {
        own.insert(name.clone(), text(value)?);
    }
    let good = pace(&probe.good)?;
    Ok(Course {
        metric: probe.metric.clone(),
        labels: all_labels(labels, &own),
        start: texts::number(templates, &probe.start, scope)?,
        good,
        edge: probe.edge.as_ref().map(pace).transpose()?,
        bad: pace(&probe.bad)?,
        after: probe.after.as_ref().map_or(Ok(good), pace)?,
        absent: probe.absent,
    })
}
