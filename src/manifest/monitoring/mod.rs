//! Metrics, alerts, and who is called.

mod logs;
mod objective;
mod receiver;
mod respond;
mod route;
mod scale;
mod team;
mod time;
mod tuning;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Named;
use super::names::NamePattern;
use super::quantity::Duration;
use crate::text::Spanned;

pub use logs::{LogStore, Logs};
pub use objective::{Latency, RoleSlo, Slo};
pub use receiver::{Email, Receiver, SecretRef, Slack, Webhook};
pub use respond::Respond;
pub use route::{Route, Severity};
pub use scale::{Queue, RemoteWrite, Shards};
pub use team::Team;
pub use time::{Clock, Days, WeeklyTime};
pub use tuning::Tuning;

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
    /// What the network promises.
    #[serde(default)]
    pub slo: Option<Slo>,
    /// Several Prometheus services that share out the targets. Without it, one scrapes them all.
    #[serde(default)]
    pub shards: Option<Shards>,
    /// Stores elsewhere that get a copy of what is scraped.
    #[serde(default)]
    pub remote_write: Vec<RemoteWrite>,
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
    /// The time in which a person acts, by severity. How alerts are gathered and repeated follows from it.
    #[serde(default)]
    pub respond: Respond,
    /// Who owns which services. A service that no team owns has alerts without a team.
    #[serde(default)]
    #[schemars(extend("propertyNames" = NamePattern::schema()))]
    pub teams: Named<Team>,
    /// Hours of the week, for `during` and `outside` of routes.
    #[serde(default)]
    #[schemars(extend("propertyNames" = NamePattern::schema()))]
    pub times: Named<WeeklyTime>,
    /// Which alerts go to whom; the first match counts. Alerts that match none go to the last route.
    #[serde(default)]
    pub routes: Vec<Route>,
    /// What is decided otherwise about alerts, for the whole network or for some of it, and why.
    #[serde(default)]
    pub tuning: Vec<Tuning>,
}

impl Monitoring {
    /// Every URL that something is sent to or found at outside of the network.
    pub fn urls(&self) -> impl Iterator<Item = &Spanned<String>> {
        let webhooks = self.receivers.values().filter_map(|receiver| Some(&receiver.webhook.as_ref()?.url));
        let stores = self.remote_write.iter().map(|store| &store.url);
        webhooks.chain(stores).chain(self.log_store().map(|store| &store.s3)).chain(&self.runbook_url)
    }

    /// The object store of the logs, where one is named.
    pub fn log_store(&self) -> Option<&LogStore> {
        self.logs.as_ref()?.store.as_ref()
    }
}
