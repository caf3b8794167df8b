//! Metrics, alerts, and who is called.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Named;
use super::names::NamePattern;
use super::quantity::{Duration, Percent};
use crate::text::Spanned;

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

/// An objective.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Slo {
    /// The share of time in which the network must serve.
    pub availability: Spanned<Percent>,
    /// Over which time.
    pub window: Spanned<Duration>,
}

/// A reference to an entry of `secrets:`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SecretRef {
    /// The name of the secret.
    pub secret: Spanned<String>,
}

/// Who can be called, and how. Each kind given is used.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Receiver {
    /// PagerDuty; the secret is the integration (routing) key.
    #[serde(default)]
    pub pagerduty: Option<SecretRef>,
    /// Opsgenie; the secret is the API key.
    #[serde(default)]
    pub opsgenie: Option<SecretRef>,
    /// Slack.
    #[serde(default)]
    pub slack: Option<Slack>,
    /// E-mail.
    #[serde(default)]
    pub email: Option<Email>,
    /// A webhook of your own.
    #[serde(default)]
    pub webhook: Option<Webhook>,
}

/// A Slack channel.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Slack {
    /// The secret that holds the webhook URL.
    pub secret: Spanned<String>,
    /// The channel, with its `#`.
    #[schemars(extend("examples" = ["#validators"]))]
    pub channel: String,
}

/// A mailbox.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Email {
    /// To whom.
    pub to: Spanned<String>,
    /// From whom.
    pub from: Spanned<String>,
    /// The mail server, `host:port`.
    #[schemars(extend("examples" = ["smtp.example.net:587"]))]
    pub smarthost: String,
    /// The user at the mail server. Without it, the server must take mail from anyone.
    #[serde(default)]
    pub username: Option<String>,
    /// The secret that holds the password. Without it, no password is sent.
    #[serde(default)]
    pub secret: Option<Spanned<String>>,
}

/// A webhook.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Webhook {
    /// The URL. It must carry no token: use a gateway on a private address for that.
    pub url: Spanned<String>,
}

/// One line of routing.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Route {
    /// Only alerts of these severities.
    #[serde(default)]
    pub severity: Vec<Spanned<Severity>>,
    /// Only alerts of these regions.
    #[serde(default)]
    pub region: Vec<Spanned<String>>,
    /// The receiver.
    pub to: Spanned<String>,
    /// How often an alert that still fires is sent again. Without it, every 4 hours, or every hour in a
    /// route for P1 that is not the last one.
    #[serde(default)]
    pub repeat: Option<Spanned<Duration>>,
}

/// How soon a person must act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema)]
pub enum Severity {
    /// Now, at any hour: funds or consensus are in danger.
    P1,
    /// Within half an hour: duties are being missed.
    P2,
    /// This working day.
    P3,
    /// When there is time.
    P4,
}

impl Severity {
    /// All, most urgent first.
    pub const ALL: [Self; 4] = [Self::P1, Self::P2, Self::P3, Self::P4];

    /// `P1` to `P4`.
    pub fn word(self) -> &'static str {
        match self {
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3 => "P3",
            Self::P4 => "P4",
        }
    }
}
