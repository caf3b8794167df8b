//! The dashboards of this network, rendered: those of the network, and one for each component that is scraped.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::build::{Context, job_scope};
use super::objectives;
use super::power::power;
use super::{Alert, Job};
use crate::catalog::bound::{Side, bounds};
use crate::catalog::dashboard::{self as data, Board, Choice, Feature};
use crate::diag::{Diagnostic, codes};
use crate::emit::format::promql::{any_of, string};
use crate::manifest::Severity;
use crate::template::Context as Scope;
use crate::text::Span;
use crate::topology::Topology;

/// A dashboard of this network.
#[derive(Clone, Debug)]
pub struct Dashboard {
    /// Its id; a path-safe word.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it is for, in one line.
    pub doc: String,
    /// Its place in the list of all.
    pub order: u32,
    /// The component whose it is; `None` for those of the network.
    pub component: Option<String>,
    /// What a reader may choose, each within the ones before it.
    pub variables: Vec<Choice>,
    /// Rows of panels, with rendered queries.
    pub rows: Vec<Row>,
}

/// A row of panels.
#[derive(Clone, Debug)]
pub struct Row {
    /// The heading.
    pub title: String,
    /// The panels, left to right.
    pub panels: Vec<Panel>,
}

/// A panel of this network.
#[derive(Clone, Debug)]
pub struct Panel {
    /// What it shows, with rendered queries.
    pub shows: data::Panel,
    /// The thresholds of the alerts that judge it.
    pub limits: Vec<Limit>,
}

/// The threshold of an alert.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// The alert.
    pub alert: String,
    /// How soon a person must act.
    pub severity: Severity,
    /// On which side the alert fires.
    pub side: Side,
    /// The number, in the unit of the panel.
    pub value: f64,
}

/// All dashboards, by id.
pub(super) fn dashboards(
    cx: &mut Context<'_>,
    topology: &Topology,
    jobs: &BTreeMap<String, Job>,
    alerts: &BTreeMap<String, Alert>,
) -> BTreeMap<String, Dashboard> {
    let boards = cx.boards();
    let network = job_scope(topology).with("voting", &power(topology));
    let mut maker = Maker { cx, topology, jobs, alerts, network };
    let mut dashboards = BTreeMap::new();
    for (id, board) in &boards {
        if board.when.is_some_and(|feature| !has(topology, feature)) {
            continue;
        }
        let made = if board.each_component {
            jobs.keys().map(|job| maker.component(job, board)).collect()
        } else {
            vec![maker.network(id, board)]
        };
        dashboards.extend(made.into_iter().map(|board| (board.id.clone(), board)));
    }
    dashboards
}

fn has(topology: &Topology, feature: Feature) -> bool {
    match feature {
        Feature::VotingPower => topology.voting_power() > 0,
        Feature::Clusters => !topology.clusters.is_empty(),
        Feature::Slo => topology.monitoring.as_ref().is_some_and(|m| m.slo.is_some()),
    }
}

struct Maker<'a, 'c> {
    cx: &'a mut Context<'c>,
    topology: &'a Topology,
    jobs: &'a BTreeMap<String, Job>,
    alerts: &'a BTreeMap<String, Alert>,
    /// What queries may name on every dashboard.
    network: Scope,
}

impl Maker<'_, '_> {
    fn network(&mut self, id: &str, board: &Board) -> Dashboard {
        let mut rows = self.rows(&board.rows, &board.variables, None, &board.title);
        if let Some(place) = board.takes {
            for job in self.jobs.keys() {
                let Some(entry) = self.cx.entry(job) else { continue };
                let given: Vec<data::Row> = entry
                    .dashboard
                    .iter()
                    .flat_map(|own| &own.rows)
                    .filter(|row| row.on.contains(&place))
                    .cloned()
                    .collect();
                for row in self.rows(&given, &board.variables, Some(job), job) {
                    join(&mut rows, row);
                }
            }
        }
        Dashboard {
            id: id.to_owned(),
            title: board.title.clone(),
            doc: board.doc.clone(),
            order: board.order,
            component: None,
            variables: board.variables.clone(),
            rows,
        }
    }

    fn component(&mut self, job: &str, board: &Board) -> Dashboard {
        let own = self.cx.entry(job).and_then(|entry| entry.dashboard.clone());
        let (title, own) = own.map_or_else(|| (job.to_owned(), Vec::new()), |own| (own.title, own.rows));
        let rows: Vec<data::Row> = board.rows.iter().cloned().chain(own).collect();
        Dashboard {
            id: format!("component-{job}"),
            rows: self.rows(&rows, &board.variables, Some(job), &title),
            title,
            doc: board.doc.clone(),
            order: board.order,
            component: Some(job.to_owned()),
            variables: board.variables.clone(),
        }
    }

    fn rows(&mut self, rows: &[data::Row], choices: &[Choice], job: Option<&str>, what: &str) -> Vec<Row> {
        let scope = self.scope(choices, job);
        let mut out = Vec::new();
        for row in rows {
            let there =
                row.panels.iter().filter(|p| p.when.is_none_or(|feature| has(self.topology, feature)));
            let panels: Vec<data::Panel> = there.cloned().collect();
            let panels: Vec<Panel> =
                panels.into_iter().map(|panel| self.panel(panel, &scope, what)).collect();
            if !panels.is_empty() {
                out.push(Row { title: row.title.clone(), panels });
            }
        }
        out
    }

    fn panel(&mut self, mut panel: data::Panel, scope: &Scope, what: &str) -> Panel {
        for query in &mut panel.queries {
            match self.cx.templates.render_query(&query.expr, scope) {
                Ok(expr) => query.expr.value = expr.trim().to_owned(),
                Err(error) => self.cx.sink.push(Diagnostic::new(
                    &codes::BAD_TEMPLATE,
                    Span::nowhere(),
                    format!("dashboard `{what}` fails: {}", error.message),
                )),
            }
        }
        let judged = panel.alerts.iter().filter_map(|name| self.alerts.get(&name.value));
        let mut limits: Vec<Limit> = judged
            .flat_map(Alert::variants)
            .flat_map(|alert| bounds(&alert.expr).into_iter().map(move |bound| (alert, bound)))
            .filter(|(_, bound)| panel.queries.iter().any(|query| bound.is_of(&query.expr)))
            .map(|(alert, bound)| Limit {
                alert: alert.name.clone(),
                severity: alert.severity,
                side: bound.side,
                value: bound.value,
            })
            .collect();
        limits.dedup();
        Panel { shows: panel, limits }
    }

    /// What queries may name besides what alerts may: `chosen`, the selector without the job; `firing`, the
    /// matchers of alerts that fire and are no heartbeat; `voting`; and `job`, which is none on dashboards
    /// of the network.
    fn scope(&self, choices: &[Choice], job: Option<&str>) -> Scope {
        let mut matchers: Vec<String> = Vec::new();
        let network = |choice: &Choice| matches!(choice, Choice::Networks | Choice::Network);
        if !choices.iter().any(network) {
            matchers.push(format!("network={}", string(&self.topology.name)));
        }
        matchers.extend(choices.iter().map(|choice| {
            let sign = if choice.several() { "=~" } else { "=" };
            format!("{label}{sign}\"${label}\"", label = choice.label())
        }));
        let chosen = matchers.join(", ");
        let of_job = job.map(|job| format!("job={}, {chosen}", string(job)));
        let selector = of_job.as_ref().unwrap_or(&chosen);
        let heartbeats = self.alerts.values().filter(|alert| alert.heartbeat).map(|alert| &alert.name);
        let firing = format!("alertstate=\"firing\", alertname!~{}", any_of(heartbeats));
        let slo = self.topology.monitoring.as_ref().and_then(|monitoring| monitoring.slo.as_ref());
        self.network
            .with("selector", &json!(selector))
            .with("firing", &json!(firing))
            .with("chosen", &json!(chosen))
            .with("job", &json!(job))
            .with("slo", &slo.map_or(Value::Null, objectives::scope))
    }
}

/// Puts a row that a component gives into the row of the same heading, and panels into those of the same title.
fn join(rows: &mut Vec<Row>, given: Row) {
    let Some(row) = rows.iter_mut().find(|row| row.title == given.title) else {
        rows.push(given);
        return;
    };
    for panel in given.panels {
        let same = |known: &&mut Panel| {
            let (a, b) = (&known.shows, &panel.shows);
            a.title == b.title && a.kind == b.kind && a.unit == b.unit
        };
        match row.panels.iter_mut().find(same) {
            Some(known) => {
                known.shows.queries.extend(panel.shows.queries);
                known.shows.alerts.extend(panel.shows.alerts);
                known.limits.extend(panel.limits);
            }
            None => row.panels.push(panel),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Spanned;

    fn row(title: &str, panels: &[(&str, &str)]) -> Row {
        let panel = |(title, expr): &(&str, &str)| {
            let query = data::Query {
                expr: Spanned::nowhere((*expr).to_owned()),
                legend: String::new(),
                unit: None,
                healthy: None,
            };
            let shows = data::Panel {
                title: (*title).to_owned(),
                kind: data::PanelType::TimeSeries,
                unit: "short".to_owned(),
                queries: vec![query],
                doc: None,
                alerts: Vec::new(),
                healthy: None,
                words: None,
                columns: Vec::new(),
                width: None,
                when: None,
            };
            Panel { shows, limits: Vec::new() }
        };
        Row { title: title.to_owned(), panels: panels.iter().map(panel).collect() }
    }

    #[test]
    fn rows_of_several_components_are_one() {
        let mut rows = vec![row("State", &[("Up", "up")])];
        join(&mut rows, row("Client", &[("Peers", "a"), ("Head", "b")]));
        join(&mut rows, row("Client", &[("Peers", "c"), ("Size", "d")]));
        let shape: Vec<(&str, Vec<(&str, usize)>)> = rows
            .iter()
            .map(|row| {
                let panels = row.panels.iter().map(|p| (p.shows.title.as_str(), p.shows.queries.len()));
                (row.title.as_str(), panels.collect())
            })
            .collect();
        assert_eq!(
            shape,
            [("State", vec![("Up", 1)]), ("Client", vec![("Peers", 2), ("Head", 1), ("Size", 1)])]
        );
    }
}
