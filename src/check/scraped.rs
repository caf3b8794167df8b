//! What this network scrapes, and every expression that asks for it.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::Cx;
use super::watched::{Asked, Watched, What};
use crate::catalog::component::{Metric, MetricPart, MetricType};
use crate::query::{Labels, Presence, Problem, Query, Selector, Series, Values};
use crate::text::Span;
use crate::topology::Service;

/// An expression of an alert, a recording rule or a panel.
pub(super) struct Expression<'a> {
    /// What asks.
    pub(super) asked: &'a Asked,
    /// What it asks for, or why it is no PromQL.
    pub(super) query: Result<Query, Problem>,
    /// A service of the component that it belongs to.
    pub(super) service: Option<&'a Service>,
    /// Whether the user wrote it. Ours are proved for the whole catalog, and one that finds nothing
    /// in a network without the component that it speaks of is no mistake of anyone. Panels of ours are
    /// not here at all, see [`Scraped::read`].
    pub(super) own: bool,
}

impl Expression<'_> {
    /// The place of a word of it.
    pub(super) fn place(&self, cx: &Cx<'_>, word: &str) -> Span {
        cx.word(self.asked.origin, word)
    }

    /// The component, for messages.
    pub(super) fn component(&self) -> &str {
        self.asked.component.as_deref().unwrap_or("netgen")
    }
}

/// One scrape job.
#[derive(Default)]
pub(super) struct JobFacts<'a> {
    /// Metric -> what the component says about it.
    pub(super) metrics: BTreeMap<&'a str, &'a Metric>,
    /// The labels of its targets.
    pub(super) labels: Labels,
}

/// All that is scraped.
#[derive(Default)]
pub(super) struct Scraped<'a> {
    /// By the label `job`: the component.
    pub(super) jobs: BTreeMap<&'a str, JobFacts<'a>>,
    /// Metrics made by recording rules.
    pub(super) recorded: BTreeMap<&'a str, Labels>,
    /// The expressions.
    pub(super) expressions: Vec<Expression<'a>>,
}

/// What a series is of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The metric itself.
    Whole,
    /// `_bucket` of a histogram.
    Bucket,
    /// `_sum` or `_count`.
    Total,
}

/// Series that Prometheus makes itself for each target, with the values that they take.
const OF_TARGETS: &[(&str, Values)] = &[
    ("up", Values::BOOL),
    ("scrape_duration_seconds", Values::POSITIVE),
    ("scrape_samples_scraped", Values::POSITIVE),
    ("scrape_samples_post_metric_relabeling", Values::POSITIVE),
    ("scrape_series_added", Values::POSITIVE),
];

/// Series that Prometheus makes itself for each alert.
const OF_ALERTS: &[&str] = &["ALERTS", "ALERTS_FOR_STATE"];

impl<'a> Cx<'a> {
    /// What is scraped; `None` without monitoring, or where the network could not be resolved whole.
    pub(super) fn scraped(&self) -> Option<&Scraped<'a>> {
        self.derived.scraped.get()?.as_ref()
    }

    /// What several rules ask for, found before any of them.
    pub(super) fn derive(&self) {
        self.derived.scraped.get_or_init(|| self.read_scraped());
    }

    fn read_scraped(&self) -> Option<Scraped<'a>> {
        self.topology.monitoring.as_ref().filter(|_| self.resolved)?;
        let mut services: BTreeMap<&str, &Service> = BTreeMap::new();
        for service in &self.topology.services {
            services.entry(service.component.component.value.as_str()).or_insert(service);
        }
        let mut scraped = Scraped::default();
        for job in &self.watched.jobs {
            let metrics = services.get(job.name.as_str()).map(|service| &service.component.metrics);
            scraped.add_job(&job.name, &job.labels, metrics.into_iter().flatten());
        }
        let of = |id: &str| (services.get(id).copied(), self.catalog.used(id).is_some_and(|entry| entry.own));
        scraped.read(self.watched, |asked| asked.component.as_deref().map_or((None, false), of));
        Some(scraped)
    }
}

impl<'a> Scraped<'a> {
    /// Adds a job with its metrics.
    fn add_job(
        &mut self,
        name: &'a str,
        targets: &[(String, bool)],
        metrics: impl Iterator<Item = (&'a String, &'a Metric)>,
    ) {
        // A component may run for a node in one network and for the whole network in another.
        let either = ["node", "role"].map(|label| (label.to_owned(), false));
        let labels = either.iter().chain(targets).fold(Labels::none(), |labels, (label, always)| {
            labels.with(label, if *always { Presence::Sure } else { Presence::Maybe })
        });
        let metrics = metrics.map(|(name, metric)| (name.as_str(), metric)).collect();
        self.jobs.insert(name, JobFacts { metrics, labels });
    }

    /// Reads every expression. A recording rule is known to those after it.
    ///
    /// Panels of our own components are left out: what is asked about them is the same in every network, for
    /// each asks its own job alone, and nothing in them is tuned. The tests of the catalog hold both.
    fn read(&mut self, watched: &'a Watched, of: impl Fn(&Asked) -> (Option<&'a Service>, bool)) {
        let open = |asked: &'a Asked| {
            let (service, own) = of(asked);
            (own || !matches!(asked.what, What::Panel { .. })).then_some((asked, service, own))
        };
        let open: Vec<_> = watched.asked.iter().filter_map(open).collect();
        let known = |asked: &Asked| asked.query.clone().map_or_else(|| Query::read(&asked.expr), Ok);
        let queries: Vec<_> = open.par_iter().map(|(asked, ..)| known(asked)).collect();
        for ((asked, service, own), query) in open.into_iter().zip(queries) {
            if let What::Record { name, labels: added } = &asked.what {
                let labels = query.as_ref().map_or_else(|_| Labels::unknown(), |query| query.labels(self));
                let labels = added.iter().fold(labels, |labels, name| labels.with(name, Presence::Sure));
                // Several rules may record series of one name.
                let labels =
                    self.recorded.get(name.as_str()).map_or_else(|| labels.clone(), |all| all.or(&labels));
                self.recorded.insert(name, labels);
            }
            self.expressions.push(Expression { asked, query, service, own });
        }
    }

    /// The expressions that could be read.
    pub(super) fn queries(&self) -> impl Iterator<Item = (&Expression<'a>, &Query)> {
        self.expressions.iter().filter_map(|one| Some((one, one.query.as_ref().ok()?)))
    }

    /// Every metric of every job, by name.
    pub(super) fn metric_names(&self) -> BTreeSet<&str> {
        let exported = self.jobs.values().flat_map(|job| job.metrics.keys().copied());
        exported.chain(self.recorded.keys().copied()).collect()
    }

    /// The jobs that a selector can mean.
    pub(super) fn jobs_of(&self, selector: &Selector) -> impl Iterator<Item = (&'a str, &JobFacts<'a>)> {
        let means = |name: &str| {
            selector.matchers.iter().filter(|matcher| matcher.label == "job").all(|m| m.matches(name))
        };
        self.jobs.iter().filter(move |(name, _)| means(name)).map(|(name, job)| (*name, job))
    }

    /// What a selector finds, by job: the metric and which part of it.
    pub(super) fn found(&self, selector: &Selector) -> Vec<(&JobFacts<'a>, &'a Metric, Part)> {
        let Some(series) = selector.metric.as_deref() else { return Vec::new() };
        let jobs = self.jobs_of(selector);
        jobs.filter_map(|(_, job)| job.metric(series).map(|(metric, part)| (job, metric, part))).collect()
    }

    /// Whether a series of that name is made by a recording rule or by Prometheus itself.
    pub(super) fn is_made(&self, series: &str) -> bool {
        OF_ALERTS.contains(&series)
            || OF_TARGETS.iter().any(|(name, _)| *name == series)
            || self.recorded.contains_key(series)
    }

    /// The jobs that export a series.
    pub(super) fn exporters(&self, series: &str) -> Vec<&'a str> {
        let all = self.jobs.iter();
        all.filter(|(_, job)| job.metric(series).is_some()).map(|(name, _)| *name).collect()
    }
}

impl<'a> JobFacts<'a> {
    /// The metric that a series belongs to: a histogram `x` is the series `x_bucket`, `x_sum`, `x_count`.
    pub(super) fn metric(&self, series: &str) -> Option<(&'a Metric, Part)> {
        if let Some(metric) = self.metrics.get(series) {
            return (metric.kind != MetricType::Histogram).then_some((*metric, Part::Whole));
        }
        let parts: [(&str, Part, Option<MetricPart>); 3] = [
            ("_bucket", Part::Bucket, None),
            ("_sum", Part::Total, Some(MetricPart::Sum)),
            ("_count", Part::Total, Some(MetricPart::Count)),
        ];
        parts.iter().find_map(|(suffix, part, left_out)| {
            let metric = self.metrics.get(series.strip_suffix(suffix)?)?;
            let has = match metric.kind {
                MetricType::Histogram => true,
                MetricType::Summary => *part != Part::Bucket,
                MetricType::Counter | MetricType::Gauge | MetricType::Meter => false,
            };
            let there = has && left_out.is_none_or(|part| !metric.lacks.contains(&part));
            there.then_some((*metric, *part))
        })
    }
}

/// The labels of the series of a metric beyond those of the target.
fn own_labels(labels: Labels, metric: &Metric, part: Part) -> Labels {
    let of_parts = ["le", "quantile"];
    let declared = metric.labels.iter().filter(|label| !of_parts.contains(&label.as_str()));
    let labels = declared.fold(labels, |labels, label| labels.with(label, Presence::Sure));
    match (part, metric.kind) {
        (Part::Bucket, _) => labels.with("le", Presence::Sure),
        (Part::Whole, MetricType::Summary) => labels.with("quantile", Presence::Sure),
        (Part::Whole, _) => {
            let given = metric.labels.iter().filter(|label| of_parts.contains(&label.as_str()));
            given.fold(labels, |labels, label| labels.with(label, Presence::Sure))
        }
        (Part::Total, _) => labels,
    }
}

impl Series for Scraped<'_> {
    fn labels(&self, selector: &Selector) -> Labels {
        let Some(series) = selector.metric.as_deref() else { return Labels::unknown() };
        if let Some(labels) = self.recorded.get(series) {
            return labels.clone();
        }
        let of_targets = OF_TARGETS.iter().any(|(name, _)| *name == series);
        let all: Vec<Labels> = if of_targets {
            self.jobs_of(selector).map(|(_, job)| job.labels.clone()).collect()
        } else {
            let found = self.found(selector).into_iter();
            found.map(|(job, metric, part)| own_labels(job.labels.clone(), metric, part)).collect()
        };
        // What nobody exports is told by itself.
        all.into_iter().reduce(|all, one| all.or(&one)).unwrap_or_else(Labels::unknown)
    }

    fn values(&self, selector: &Selector) -> Values {
        let series = selector.metric.as_deref();
        if let Some((_, values)) = OF_TARGETS.iter().find(|(name, _)| series == Some(name)) {
            return *values;
        }
        let found = self.found(selector);
        let grows = |(_, metric, part): &(&JobFacts<'_>, &Metric, Part)| {
            *part != Part::Whole || matches!(metric.kind, MetricType::Counter | MetricType::Meter)
        };
        let known = !found.is_empty() && found.iter().all(grows);
        if known { Values::POSITIVE } else { Values::ANY }
    }
}

#[cfg(test)]
mod tests;
