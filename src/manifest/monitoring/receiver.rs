//! Who can be called, and how.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::text::Spanned;

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
    pub smarthost: Spanned<String>,
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
