//! What the network promises, resolved: one objective for each role and measure, and the windows in
//! which the use of its error budget is looked at.

use std::collections::{BTreeMap, BTreeSet};

use super::resolve::{Context, Tables};
use super::{Service, Topology};
use crate::manifest::quantity::{Duration, Millis, Percent};
use crate::manifest::{self, Latency};
use crate::text::Span;

/// The window for which the numbers of [`WINDOWS`] are made.
pub const BASE_WINDOW: Duration = Duration(30 * 86_400);

/// The windows in which the rate of errors is taken for an objective over [`BASE_WINDOW`], by the name
/// that alerts have for them, in seconds. For other objectives they are longer or shorter alike: then
/// an alert speaks of the same part of the budget.
///
/// Source: Google, The Site Reliability Workbook, chapter 5, table 5-8.
pub const WINDOWS: [(&str, u64); 7] =
    [("5m", 300), ("30m", 1800), ("1h", 3600), ("2h", 7200), ("6h", 21_600), ("1d", 86_400), ("3d", 259_200)];

/// Objectives.
#[derive(Clone, Debug)]
pub struct Slo {
    /// Over which time they hold.
    pub window: Duration,
    /// The time in which a service that failed must answer again.
    pub repair: Option<Duration>,
    /// The time in which a service may fail once.
    pub between_failures: Option<Duration>,
    /// The objectives, by role, then measure.
    pub objectives: Vec<Objective>,
    /// Where the window stands.
    pub origin: Span,
}

/// One objective.
#[derive(Clone, Debug)]
pub struct Objective {
    /// The role that it is about.
    pub role: String,
    /// What is measured.
    pub measure: Measure,
    /// The share that must be good.
    pub target: Percent,
    /// Where the share stands.
    pub origin: Span,
}

/// What an objective is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The share of time in which services answer.
    Availability,
    /// The share of requests that one component answers in time.
    Latency {
        /// The component.
        component: String,
        /// The time.
        within: Millis,
    },
}

impl Measure {
    /// The value of the label `slo`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Availability => "availability",
            Self::Latency { .. } => "latency",
        }
    }
}

impl Slo {
    /// A window of [`WINDOWS`], scaled to the window of the objective; whole seconds.
    pub fn scaled(&self, seconds: u64) -> Duration {
        let long = u128::from(seconds) * u128::from(self.window.0) / u128::from(BASE_WINDOW.0);
        Duration(u64::try_from(long).unwrap_or(u64::MAX).max(1))
    }
}

impl Objective {
    /// The error budget of a window: the time in which everything may fail, in seconds.
    pub fn budget(&self, window: Duration) -> Duration {
        let failing = u128::from(window.0) * u128::from(self.target.rest().0) / 10_000;
        Duration(u64::try_from(failing).unwrap_or(u64::MAX))
    }
}

impl Topology {
    /// The services of the nodes of a role.
    pub fn services_of_role<'t>(&'t self, role: &'t str) -> impl Iterator<Item = &'t Service> {
        self.services.iter().filter(move |s| s.node.is_some_and(|node| self.nodes[node].role == role))
    }
}

pub(super) fn resolve(cx: &mut Context<'_>, tables: &Tables, written: &manifest::Slo) -> Slo {
    let roles: BTreeSet<&str> = tables.nodes.iter().map(|node| node.role.as_str()).collect();
    for role in written.roles.keys().filter(|role| !roles.contains(role.value.as_str())) {
        cx.unknown("role", role, roles.iter().copied());
    }
    let mut objectives = Vec::new();
    for role in roles {
        let own = written.roles.get(role);
        let availability = own.and_then(|own| own.availability).unwrap_or(written.availability);
        objectives.push(Objective {
            role: role.to_owned(),
            measure: Measure::Availability,
            target: availability.value,
            origin: availability.span,
        });
        objectives.extend(
            written.latency_of(role).into_iter().flat_map(|latency| of_latency(tables, role, latency)),
        );
    }
    Slo {
        window: written.window.value,
        repair: written.repair.map(|time| time.value),
        between_failures: written.between_failures.map(|time| time.value),
        objectives,
        origin: written.window.span,
    }
}

/// The objectives of a role about its components with a fitting histogram. What fits none is told by
/// a rule.
fn of_latency(tables: &Tables, role: &str, latency: &Latency) -> Vec<Objective> {
    let services = tables.services.iter().filter(|s| s.node.is_some_and(|n| tables.nodes[n].role == role));
    let measured: BTreeMap<&str, &Service> = services
        .filter(|service| service.component.sli.latency.as_ref().is_some_and(|h| h.has(latency.within.value)))
        .map(|service| (service.component.component.value.as_str(), service))
        .collect();
    let wanted = |id: &&str| {
        latency.components.is_empty() || latency.components.iter().any(|wanted| wanted.value == **id)
    };
    let objective = |component: &str| Objective {
        role: role.to_owned(),
        measure: Measure::Latency { component: component.to_owned(), within: latency.within.value },
        target: latency.of.value,
        origin: latency.of.span,
    };
    measured.into_keys().filter(wanted).map(objective).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_and_budgets() {
        let slo = |days: u64| Slo {
            window: Duration(days * 86_400),
            repair: None,
            between_failures: None,
            objectives: vec![],
            origin: Span::nowhere(),
        };
        assert_eq!(WINDOWS.map(|(_, seconds)| slo(30).scaled(seconds).to_string()), WINDOWS.map(|(n, _)| n));
        let week = ["70s", "7m", "14m", "28m", "84m", "336m", "1008m"];
        assert_eq!(WINDOWS.map(|(_, seconds)| slo(7).scaled(seconds).to_string()), week);
        let objective = Objective {
            role: "rpc".to_owned(),
            measure: Measure::Availability,
            target: Percent(9990),
            origin: Span::nowhere(),
        };
        // A thousandth of 30 days is 43 minutes and 12 seconds.
        assert_eq!(objective.budget(BASE_WINDOW), Duration(43 * 60 + 12));
    }
}
