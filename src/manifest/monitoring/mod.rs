//! Metrics, alerts, and who is called.

mod logs;
mod objective;
mod receiver;
mod route;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Named;
use super::names::NamePattern;
use super::quantity::Duration;
use crate::text::Spanned;

pub use logs::Logs;
pub use objective::Slo;
pub use receiver::{Email, Receiver, SecretRef, Slack, Webhook};
pub use route::{Route, Severity};

/// Metrics, alerts, dashboards. Its presence adds Prometheus, Alertmanager, Grafana and an
/// exporter on every host.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Monitoring {
    /// The host that runs the monitoring services.
    pub host: Spanned<String>,
    /// How often targets are scraped.
    #[serde(default)]
    #[schemars(extend("default" = "15s"))]
    pub scrape_interval: Option<Spanned<Duration>>,
    /// How long metrics are kept.
    #[serde(default)]
    #[schemars(extend("default" = "30d"))]
    pub retention: Option<Spanned<Duration>>,
    /// The objective of the network.
    #[serde(default)]
    pub slo: Option<Slo>,
    /// The logs of every service. Without it, they stay on their hosts.
    #[serde(default)]
    pub logs: Option<Logs>,
    /// Where runbooks are published, for the links in alerts. Without it alerts name the file in the bundle.
    #[serde(default)]
    #[schemars(extend("pattern" = "^https?://", "examples" = ["https://runbooks.example.net"]))]
    pub runbook_url: Option<Spanned<String>>,
    /// Who can be called.
    #[serde(default)]
    #[schemars(extend("propertyNames" = NamePattern::schema()))]
    pub receivers: Named<Receiver>,
    /// The receiver of the heartbeat: an alert that always fires. A service there calls you when it
    /// stops to arrive, which no alert of a dead Prometheus can. Without it, nobody notices a dead
    /// Prometheus.
    #[serde(default)]
    pub heartbeat: Option<Spanned<String>>,
    /// Which alerts go to whom; the first match counts. Alerts that match none go to the last route.
    #[serde(default)]
    pub routes: Vec<Route>,
}
