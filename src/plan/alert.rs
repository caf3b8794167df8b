//! An alert of this network, rendered.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::alerts::{Absent, Pace, Series, Unit};
use crate::catalog::failure::Covers;
use crate::manifest::Severity;
use crate::manifest::quantity::Duration;
use crate::query::Query;
use crate::text::{Span, Spanned};
use crate::topology::ServiceId;

/// An alert of this network.
#[derive(Clone, Debug)]
pub struct Alert {
    /// Its name.
    pub name: String,
    /// The component that it came from; `None` for those of the network as a whole.
    pub component: Option<String>,
    /// PromQL.
    pub expr: String,
    /// `expr` as it was read; `None` where it is no PromQL.
    pub query: Option<Query>,
    /// The series that `expr` names.
    pub metrics: BTreeSet<String>,
    /// Whether it is about single instances, so that a collector that sees some of them can judge it.
    pub local: bool,
    /// Where `expr` was written, as a template.
    pub origin: Span,
    /// How long it must hold.
    pub hold: Duration,
    /// How soon a person must act.
    pub severity: Severity,
    /// The numbers that decide when it fires, by name; `expr` and the texts have them already.
    pub values: BTreeMap<String, Value>,
    /// One line, with Prometheus templates.
    pub summary: Spanned<String>,
    /// For the runbook.
    pub meaning: String,
    /// For the runbook.
    pub actions: Vec<String>,
    /// The labels on which it silences all other alerts.
    pub silences: Vec<String>,
    /// It always fires.
    pub heartbeat: bool,
    /// The failures that it tells.
    pub covers: Covers,
    /// The services that this rule watches, where not all of its component.
    pub services: Option<BTreeSet<ServiceId>>,
    /// Who decided that it differs from its pack, and why.
    pub decisions: Vec<Decision>,
    /// The rules of the same name for other services.
    pub others: Vec<Alert>,
    /// Each way in which it comes to fire, with the labels of a real target.
    pub proofs: Vec<Proof>,
    /// What it does without any series.
    pub absent: Absent,
    /// Series, with the labels of a real target, under which it fires.
    pub fires: Vec<Series>,
    /// Series under which it stays silent.
    pub silent: Vec<Series>,
    /// After `hold`, the time by which it must have fired under `fires`.
    pub lead: Duration,
}

impl Alert {
    /// This rule and those of the same name for other services.
    pub fn variants(&self) -> impl Iterator<Item = &Alert> {
        std::iter::once(self).chain(&self.others)
    }
}

/// A number of an alert.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// The number.
    pub number: f64,
    /// What it counts.
    pub unit: Unit,
    /// What it is.
    pub doc: String,
}

/// A tuning of the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Option<String>,
}

impl Decision {
    /// The reason, and how long it holds.
    pub fn text(&self) -> String {
        self.until
            .as_ref()
            .map_or_else(|| self.reason.clone(), |day| format!("{} (until {day})", self.reason))
    }
}

/// What the expression of an alert reads, which decides whose rule it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Series as targets export them.
    Scraped,
    /// Series that Prometheus computes first.
    Recorded,
    /// Lines of logs.
    Lines,
}

/// An alert that is switched off for some services, or for all.
#[derive(Clone, Debug)]
pub struct Silenced {
    /// The alert.
    pub alert: String,
    /// The component that it came from.
    pub component: Option<String>,
    /// How soon a person would have had to act.
    pub severity: Severity,
    /// The failures that it would have told.
    pub covers: Covers,
    /// For whom.
    pub services: BTreeSet<ServiceId>,
    /// Whether nobody is left for whom it fires.
    pub everywhere: bool,
    /// What it reads.
    pub reads: Reads,
    /// Why, and until when.
    pub reason: String,
    /// The proof that it stays silent for them; empty where there is no rule at all.
    pub proofs: Vec<Proof>,
}

/// One way in which an alert comes to fire, on a timeline in minutes.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The series.
    pub series: Vec<Course>,
    /// From the turn to bad to the first minute in which the expression holds.
    pub delay: u64,
    /// From the recovery to the first minute in which it holds no more.
    pub clears: u64,
    /// The good time before.
    pub warm: u64,
    /// How many alerts fire.
    pub alerts: u32,
    /// Its series are only shown all together.
    pub together: bool,
    /// Labels of the alerts.
    pub labels: BTreeMap<String, String>,
}

/// A series of a proof.
#[derive(Clone, Debug)]
pub struct Course {
    /// The metric name.
    pub metric: String,
    /// All labels.
    pub labels: BTreeMap<String, String>,
    /// Where it begins.
    pub start: f64,
    /// While all is good.
    pub good: Pace,
    /// Just not bad enough.
    pub edge: Option<Pace>,
    /// While it fires.
    pub bad: Pace,
    /// While it recovers.
    pub after: Pace,
    /// What the alert does when this series is missing and all others are bad.
    pub absent: Absent,
}
