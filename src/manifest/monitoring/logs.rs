//! Logs: how long they are kept, and where.

use schemars::JsonSchema;
use serde::Deserialize;

use super::receiver::SecretRef;
use crate::manifest::quantity::{ByteSize, Duration};
use crate::text::Spanned;

/// The logs of every service, in one place. Its presence adds a store of logs and a collector on every
/// host. On hosts with Docker a collector reads the socket of Docker, unless `logging: { driver: journald }`;
/// who controls it could become root there.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Logs {
    /// How long logs are kept.
    #[serde(default)]
    #[schemars(extend("default" = "14d"))]
    pub retention: Option<Spanned<Duration>>,
    /// The host that stores them. Without it, that of the monitoring.
    #[serde(default)]
    pub host: Option<Spanned<String>>,
    /// How much is stored in a day, where you have measured it. Without it, nobody knows whether the
    /// disk is large enough.
    #[serde(default)]
    pub daily: Option<Spanned<ByteSize>>,
    /// An object store that keeps them. Without it, they are on the disk of the host.
    #[serde(default)]
    pub store: Option<LogStore>,
}

/// An object store that speaks S3.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LogStore {
    /// Endpoint and bucket: `https://s3.eu-central-1.amazonaws.com/<bucket>`. Never with keys.
    #[schemars(extend("pattern" = "^https?://[^/?#]+/[^/?#]+$", "examples" = ["https://s3.eu-central-1.amazonaws.com/example-logs"]))]
    pub s3: Spanned<String>,
    /// The region of the bucket. Without it, the one that the name of an AWS endpoint says, else
    /// `us-east-1`.
    #[serde(default)]
    pub region: Option<Spanned<String>>,
    /// The access keys, as an AWS credentials file: `[default]`, `aws_access_key_id = ...`,
    /// `aws_secret_access_key = ...`. Without it, the role that the machine has at AWS.
    #[serde(default)]
    pub credentials: Option<SecretRef>,
}
