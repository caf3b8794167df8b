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

impl<'a> Cx<'a> {
    /// What is scraped; `None` without monitoring, or where the network could not be resolved whole.
    /// Several rules ask; it is read for the first.
    pub(super) fn scraped(&self) -> Option<&Scraped<'a>> {
        self.derived.scraped.get_or_init(|| self.read_scraped()).as_ref()
    }

    fn read_scraped(&self) -> Option<Scraped<'a>> {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::Catalog;
    use crate::catalog::alerts::AlertPack;
    use crate::diag::Sink;
    use crate::template::Templates;
    use crate::text::SourceMap;
    use crate::topology::snake;
    use crate::world::MemoryWorld;

    /// Series that Prometheus makes itself.
    const OWN: &[&str] = &["up"];

    fn wrong(name: &str, query: &Query, metrics: &BTreeMap<String, MetricType>) -> Vec<String> {
        let known = |series: &str| {
            let base = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| series.strip_suffix(suffix));
            metrics.get(series).or_else(|| metrics.get(base?)).copied()
        };
        let mut wrong = Vec::new();
        for selector in query
            .selectors
            .iter()
            .filter(|s| !s.metric.is_empty() && !OWN.contains(&s.metric.as_str()) && !s.metric.contains(':'))
        {
            let rate =
                selector.function.as_deref().is_some_and(|f| ["rate", "irate", "increase"].contains(&f));
            match known(&selector.metric) {
                None => wrong.push(format!("{name}: nothing exports {}", selector.metric)),
                Some(MetricType::Gauge) if rate => wrong.push(format!("{name}: rate of {}", selector.metric)),
                Some(_) => {}
            }
        }
        if query.count_is_zero {
            wrong.push(format!("{name}: a count of zero"));
        }
        wrong
    }

    /// What rules find in components of users must not be true of our own, whichever are in use.
    #[test]
    fn the_catalog_keeps_its_own_rules() {
        let (mut sources, mut sink) = (SourceMap::default(), Sink::new());
        let (world, templates) = (MemoryWorld::default(), Templates::embedded());
        let mut catalog = Catalog::built_in();
        let ids: Vec<String> = catalog.ids().map(str::to_owned).collect();
        let entries: Vec<_> =
            ids.iter().map(|id| catalog.entry(id, &world, &mut sources, &mut sink).unwrap()).collect();
        assert!(sink.is_empty(), "{:?}", sink.into_sorted());
        let metrics: BTreeMap<String, MetricType> = entries
            .iter()
            .flat_map(|entry| &entry.component.metrics)
            .map(|(name, metric)| (name.clone(), metric.kind))
            .collect();
        let packs: Vec<AlertPack> =
            ["alerts", "slo"].iter().map(|name| catalog.alert_pack(name, &mut sources, &mut sink)).collect();
        let mut found = Vec::new();
        let alerts =
            packs.iter().chain(entries.iter().map(|entry| &entry.alerts)).flat_map(|pack| &pack.alerts);
        for (name, alert) in alerts {
            found.extend(wrong(name, &promql::read(&alert.expr), &metrics));
        }
        for entry in &entries {
            let rows = entry.dashboard.iter().flat_map(|board| &board.rows);
            for panel in rows.flat_map(|row| &row.panels) {
                for query in &panel.queries {
                    found.extend(wrong(&panel.title, &promql::read(&query.expr), &metrics));
                }
            }
            for (name, setting) in &entry.component.settings {
                let Some(when) = &setting.when else { continue };
                let values = entry
                    .component
                    .settings
                    .iter()
                    .map(|(name, s)| (name.clone(), s.default.clone().unwrap_or_default()));
                let settings = snake(&values.collect());
                for provider in [json!(null), json!({ "service": "x", "bound": [] })] {
                    let needs: serde_json::Map<String, serde_json::Value> = entry
                        .component
                        .needs
                        .keys()
                        .map(|n| (n.replace('-', "_"), provider.clone()))
                        .collect();
                    if let Err(error) =
                        templates.eval_bool(when, json!({ "settings": settings, "needs": needs }))
                    {
                        found.push(format!("{name}: {}", error.message));
                    }
                }
            }
        }
        assert!(found.is_empty(), "{found:#?}");
        assert!(!wrong("x", &promql::read("rate(up_to_date[5m])"), &metrics).is_empty());
    }
}
