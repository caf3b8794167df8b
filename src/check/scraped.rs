//! What this network scrapes, and every expression that asks for it.

use std::collections::{BTreeMap, BTreeSet};

use super::Cx;
use super::facts::METRICS;
use super::promql::{self, Query};
use crate::catalog::component::{Metric, MetricType};
use crate::text::{Span, Spanned};
use crate::topology::Service;

/// An expression of an alert or a panel.
pub(super) struct Expression<'a> {
    /// What asks, for messages: ``alert `Name` ``.
    pub(super) what: String,
    /// Whether it is an alert.
    pub(super) alert: bool,
    /// The text with its place.
    pub(super) text: &'a Spanned<String>,
    /// What it asks for.
    pub(super) query: Query,
    /// A service of the component that it belongs to.
    pub(super) service: &'a Service,
}

impl Expression<'_> {
    /// The place of a word of it.
    pub(super) fn place(&self, cx: &Cx<'_>, word: &str) -> Span {
        cx.word(self.text.span, word)
    }
}

/// All that is scraped.
#[derive(Default)]
pub(super) struct Scraped<'a> {
    /// Metric -> what its component says about it.
    pub(super) metrics: BTreeMap<&'a str, &'a Metric>,
    /// The values of the label `job`: components.
    pub(super) jobs: BTreeSet<&'a str>,
    /// The expressions of all these components.
    pub(super) expressions: Vec<Expression<'a>>,
}

impl Cx<'_> {
    /// What is scraped; `None` without monitoring, or where the network could not be resolved whole.
    pub(super) fn scraped(&self) -> Option<Scraped<'_>> {
        self.topology.monitoring.as_ref().filter(|_| self.resolved)?;
        let mut scraped = Scraped::default();
        for service in self.topology.services.iter().filter(|s| s.listener(METRICS).is_some()) {
            let id = service.component.component.value.as_str();
            if !scraped.jobs.insert(id) {
                continue;
            }
            scraped
                .metrics
                .extend(service.component.metrics.iter().map(|(name, metric)| (name.as_str(), metric)));
            let Some(entry) = self.catalog.used(id) else { continue };
            for (name, alert) in &entry.alerts.alerts {
                scraped.expressions.push(Expression {
                    what: format!("alert `{name}`"),
                    alert: true,
                    text: &alert.expr,
                    query: promql::read(&alert.expr),
                    service,
                });
            }
            for panel in entry.dashboard.iter().flat_map(|board| &board.rows).flat_map(|row| &row.panels) {
                for query in &panel.queries {
                    scraped.expressions.push(Expression {
                        what: format!("panel `{}`", panel.title),
                        alert: false,
                        text: &query.expr,
                        query: promql::read(&query.expr),
                        service,
                    });
                }
            }
        }
        Some(scraped)
    }
}

impl Scraped<'_> {
    /// The metric that a series belongs to: a histogram `x` is the series `x_bucket`, `x_sum`, `x_count`.
    pub(super) fn metric(&self, series: &str) -> Option<&Metric> {
        if let Some(metric) = self.metrics.get(series) {
            return Some(metric);
        }
        let parts: [(&str, &[MetricType]); 3] = [
            ("_bucket", &[MetricType::Histogram]),
            ("_sum", &[MetricType::Histogram, MetricType::Summary]),
            ("_count", &[MetricType::Histogram, MetricType::Summary]),
        ];
        parts.iter().find_map(|(suffix, kinds)| {
            let metric = self.metrics.get(series.strip_suffix(suffix)?)?;
            kinds.contains(&metric.kind).then_some(*metric)
        })
    }
}
