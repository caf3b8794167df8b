//! Alerts and dashboards of a component: `alerts.yaml` and `dashboard.yaml` beside `component.yaml`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::failure::Covers;
use super::logs::LogAlerts;
use crate::manifest::Severity;
use crate::manifest::quantity::Duration;
use crate::text::Spanned;

/// The file `alerts.yaml`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "netgen alert pack")]
pub struct AlertPack {
    /// The alerts, by name (CamelCase, unique over the whole catalog).
    #[serde(default)]
    pub alerts: IndexMap<String, Alert>,
    /// Alerts about lines of the log, by name (CamelCase, unique over the whole catalog).
    #[serde(default)]
    pub log_alerts: LogAlerts,
}

/// One alert.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Alert {
    /// PromQL (template). `{{ selector }}` is the label matcher of the scrape job, such as
    /// `job="geth"`; `{{ chain.block_time }}` and `{{ settings... }}` are numbers in seconds or bytes.
    pub expr: Spanned<String>,
    /// How long it must hold.
    #[serde(rename = "for")]
    pub hold: Duration,
    /// How soon a person must act.
    pub severity: Severity,
    /// One line for the pager; may use Prometheus' `{{ $labels.node }}` and `{{ $value }}`.
    pub summary: String,
    /// What it means for the network, for the runbook.
    pub meaning: String,
    /// What to do, step by step, for the runbook.
    pub actions: Vec<String>,
    /// While it fires, all other alerts with the same values of these labels keep silent: a dead
    /// host speaks for its services.
    #[serde(default)]
    pub silences: Vec<String>,
    /// It always fires; a receiver outside notices when it stops to arrive.
    #[serde(default)]
    pub heartbeat: bool,
    /// The failures that it tells, and whose they are. Without any it is in no cell of the coverage.
    #[serde(default)]
    pub covers: Covers,
    /// Proof: series that make it fire and series that keep it silent.
    pub test: AlertTest,
}

/// The proof of one alert, run by `promtool test rules`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AlertTest {
    /// Series under which it fires once `for` has passed.
    pub fires: Vec<Series>,
    /// Series of a healthy system: it never fires.
    pub silent: Vec<Series>,
    /// Time after the start at which it must fire; `for` plus this lead, by default 30m.
    #[serde(default = "default_lead")]
    pub lead: Duration,
}

fn default_lead() -> Duration {
    Duration(1800)
}

/// One input series. The labels of the scrape (job, instance, network, region, host, node, role,
/// service) are added by netgen.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Series {
    /// The metric name.
    pub metric: String,
    /// Further labels.
    #[serde(default)]
    pub labels: IndexMap<String, String>,
    /// Values at one-minute steps in promtool's notation: `100x90` stays, `100+5x90` grows.
    pub values: String,
}

/// The file `dashboard.yaml`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "netgen dashboard")]
pub struct Dashboard {
    /// The title.
    pub title: String,
    /// Rows of panels.
    pub rows: Vec<Row>,
}

/// A row of panels under one heading.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Row {
    /// The heading.
    pub title: String,
    /// The panels, left to right.
    pub panels: Vec<Panel>,
}

/// How a panel shows its queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PanelType {
    /// Lines over time.
    TimeSeries,
    /// The last value, large.
    Stat,
    /// The last values as a table.
    Table,
}

/// One panel.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Panel {
    /// The title.
    pub title: String,
    /// How it is shown.
    #[serde(rename = "type")]
    pub kind: PanelType,
    /// A Grafana unit id: `short`, `bytes`, `percentunit`, `s`.
    #[serde(default = "short")]
    pub unit: String,
    /// The queries.
    pub queries: Vec<Query>,
    /// One line under the title. Without it, none.
    #[serde(default)]
    pub doc: Option<String>,
}

fn short() -> String {
    "short".to_owned()
}

/// One query of a panel.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Query {
    /// PromQL (template); `{{ selector }}` is the matcher of the job and of the dashboard's variables.
    pub expr: Spanned<String>,
    /// Grafana legend such as `{{node}}`; not a template of netgen.
    #[serde(default)]
    pub legend: String,
}
