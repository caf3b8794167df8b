//! The expressions of a plan as rules take them.

use std::collections::BTreeMap;

use super::{Job, Plan};
use crate::check::{Annotation, Asked, Watched, WatchedJob, What};
use crate::text::Span;

impl Plan {
    /// What is scraped, and every expression of alerts and dashboards.
    pub fn watched(&self) -> Watched {
        let alerts = self.alerts.values().map(|alert| Asked {
            what: What::Alert {
                name: alert.name.clone(),
                severity: alert.severity,
                heartbeat: alert.heartbeat,
                silences: alert.silences.clone(),
            },
            component: alert.component.clone(),
            expr: alert.expr.clone(),
            query: alert.query.clone(),
            origin: alert.origin,
            texts: vec![Annotation {
                what: "summary",
                text: alert.summary.value.clone(),
                origin: alert.summary.span,
            }],
        });
        let rules = self.recordings.iter().flat_map(|group| &group.rules);
        let records = rules.map(|rule| Asked {
            what: What::Record { name: rule.name.clone(), labels: rule.labels.keys().cloned().collect() },
            component: None,
            expr: rule.expr.clone(),
            query: None,
            origin: Span::nowhere(),
            texts: Vec::new(),
        });
        // Boards of the network are the same everywhere: the catalog's own tests hold them.
        let boards = self.dashboards.values().filter(|board| board.component.is_some());
        let panels = boards.flat_map(|board| {
            let panels = board.rows.iter().flat_map(|row| &row.panels).map(|panel| &panel.shows);
            panels.flat_map(move |panel| panel.queries.iter().map(move |query| (board, panel, query)))
        });
        let panels = panels.map(|(board, panel, query)| Asked {
            what: What::Panel { title: panel.title.clone() },
            component: board.component.clone(),
            expr: without_variables(&query.expr),
            query: None,
            origin: query.expr.span,
            texts: vec![Annotation { what: "legend", text: query.legend.clone(), origin: Span::nowhere() }],
        });
        // What could not be rendered was told.
        let asked = records.chain(alerts).chain(panels).filter(|asked| !asked.expr.contains("{{")).collect();
        Watched { jobs: self.jobs.values().map(job).collect(), asked }
    }
}

/// A job with the labels of its targets. Prometheus adds `job` and `instance`.
fn job(job: &Job) -> WatchedJob {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for label in job.targets.iter().flat_map(|target| target.labels.keys()) {
        *times.entry(label).or_default() += 1;
    }
    let own = ["job", "instance"].map(|label| (label.to_owned(), true));
    let all = job.targets.len();
    let labels = times.into_iter().map(|(label, times)| (label.to_owned(), times == all));
    WatchedJob { name: job.name.clone(), labels: own.into_iter().chain(labels).collect() }
}

/// Grafana puts lengths of time in place of its own variables, longest names first.
const LENGTHS: &[(&str, &str)] = &[
    ("__rate_interval", "5m"),
    ("__interval_ms", "60000"),
    ("__interval", "1m"),
    ("__range_ms", "3600000"),
    ("__range_s", "3600"),
    ("__range", "1h"),
];

/// An expression of a panel as Prometheus gets it.
fn without_variables(expr: &str) -> String {
    LENGTHS.iter().fold(expr.to_owned(), |expr, (name, length)| {
        expr.replace(&format!("${{{name}}}"), length).replace(&format!("${name}"), length)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_grafana_are_lengths_of_time() {
        let expr = "rate(a[$__rate_interval]) + increase(b{c=\"$host\"}[${__range}])";
        assert_eq!(without_variables(expr), "rate(a[5m]) + increase(b{c=\"$host\"}[1h])");
    }
}
