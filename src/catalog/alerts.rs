//! Alerts of a component: `alerts.yaml` beside `component.yaml`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::failure::Covers;
use super::logs::LogAlerts;
pub use super::proof::{Absent, AlertTest, Case, Pace, Probe, Series, Writer};
pub use super::threshold::{Formula, Threshold, Unit, plain};
use crate::hashed::IndexMap;
use crate::manifest::Severity;
use crate::manifest::quantity::Duration;
use crate::text::Spanned;

/// The form of the name of an alert, which names the page of its runbook.
pub const ALERT_NAME: &str = "^[A-Z][A-Za-z0-9]{0,99}$";

/// The longest that an alert may wait before it fires.
pub const LONGEST_HOLD: Duration = Duration(31 * 86_400);

/// The file `alerts.yaml`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "netgen alert pack")]
pub struct AlertPack {
    /// The alerts, by name (CamelCase, unique over the whole catalog).
    #[serde(default)]
    #[schemars(extend("propertyNames" = { "pattern": ALERT_NAME }))]
    pub alerts: IndexMap<String, Alert>,
    /// Alerts about lines of the log, by name (CamelCase, unique over the whole catalog).
    #[serde(default)]
    #[schemars(extend("propertyNames" = { "pattern": ALERT_NAME }))]
    pub log_alerts: LogAlerts,
}

/// Alerts that belong to no component: a file of `profiles/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pack {
    /// Of every network.
    Watching,
    /// About the objective.
    Objective,
    /// About what hosts tell of themselves.
    State,
    /// About backups.
    Backup,
    /// About too little voting power.
    Quorum,
    /// About voting power that is just enough.
    QuorumMargin,
}

impl Pack {
    /// Every one.
    pub const ALL: &'static [Self] =
        &[Self::Watching, Self::Objective, Self::State, Self::Backup, Self::Quorum, Self::QuorumMargin];

    /// The name of the file, without its ending.
    pub fn file(self) -> &'static str {
        match self {
            Self::Watching => "alerts",
            Self::Objective => "slo",
            Self::State => "state",
            Self::Backup => "backup",
            Self::Quorum => "quorum",
            Self::QuorumMargin => "quorum-margin",
        }
    }
}

/// One alert.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Alert {
    /// PromQL (template). `{{ selector }}` is the label matcher of the scrape job, such as
    /// `job="geth"`; `{{ chain.block_time }}` and `{{ settings... }}` are numbers in seconds or bytes;
    /// `{{ value.<name> }}` is one of `values`.
    pub expr: Spanned<String>,
    /// The numbers that decide when it fires, by name. `monitoring.tuning` of a manifest sets them anew.
    #[serde(default)]
    pub values: IndexMap<String, Threshold>,
    /// How long it must hold.
    #[serde(rename = "for")]
    pub hold: Duration,
    /// How soon a person must act.
    pub severity: Severity,
    /// One line for the pager; may use Prometheus' `{{ $labels.node }}` and `{{ $value }}`. In it and in
    /// the texts of the runbook, `{{ value.<name> }}` is one of `values` in words.
    pub summary: Spanned<String>,
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
