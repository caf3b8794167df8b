//! The network at a glance.

use serde_json::Value;

use super::frame::{frame, panels};
use crate::catalog::alerts::{Panel, PanelType, Row};
use crate::plan::Plan;
use crate::text::Spanned;

/// The whole network at a glance: what answers, what fires, and how much voting power is up.
pub(super) fn overview(plan: &Plan) -> Value {
    let selector = format!("network=\"{}\"", plan.topology.name);
    let query = |expr: String, legend: &str| crate::catalog::alerts::Query {
        expr: Spanned::nowhere(expr),
        legend: legend.to_owned(),
    };
    let one = |title: &str, kind, unit: &str, expr: String, legend: &str| Panel {
        title: title.to_owned(),
        kind,
        unit: unit.to_owned(),
        queries: vec![query(expr, legend)],
        doc: None,
    };
    let share = |by: &str| format!("avg by ({by}) (up{{{selector}}})");
    let mut first = vec![
        one("Services that answer", PanelType::Stat, "percentunit", format!("avg(up{{{selector}}})"), ""),
        one(
            "Alerts that fire",
            PanelType::Stat,
            "short",
            format!(
                "count(ALERTS{{alertstate=\"firing\", severity=~\"P1|P2|P3\", {selector}}}) or vector(0)"
            ),
            "",
        ),
    ];
    first.extend(
        voting_power(plan).map(|expr| one("Voting power up", PanelType::Stat, "percentunit", expr, "")),
    );
    let rows = vec![
        Row { title: "Now".to_owned(), panels: first },
        Row {
            title: "Where".to_owned(),
            panels: vec![
                one("By region", PanelType::TimeSeries, "percentunit", share("region"), "{{region}}"),
                one("By host", PanelType::TimeSeries, "percentunit", share("host"), "{{host}}"),
                one("By component", PanelType::TimeSeries, "percentunit", share("job"), "{{job}}"),
            ],
        },
        Row {
            title: "What".to_owned(),
            panels: vec![
                one(
                    "Firing alerts",
                    PanelType::Table,
                    "short",
                    format!("ALERTS{{alertstate=\"firing\", {selector}}}"),
                    "",
                ),
                one(
                    "Services that do not answer",
                    PanelType::Table,
                    "short",
                    format!("up{{{selector}}} == 0"),
                    "",
                ),
            ],
        },
    ];
    let title = format!("{}: overview", plan.topology.name);
    frame(plan, "network", &title, &panels(&rows), &[])
}

/// The share of voting power that is up.
fn voting_power(plan: &Plan) -> Option<String> {
    let up = crate::plan::power_up(&plan.topology)?;
    Some(format!("({up}) / {}", plan.topology.voting_power()))
}
