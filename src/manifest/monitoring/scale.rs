//! More than one Prometheus, and other stores.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::manifest::Named;
use crate::text::Spanned;

/// Several Prometheus services that share out the targets. The Prometheus of the monitoring host scrapes
/// them, takes from them what rules about the whole network need, and answers queries with their data.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Shards {
    /// A shard for each region: the region and the host that scrapes it. Every region with targets
    /// needs one.
    #[serde(default)]
    #[schemars(extend("examples" = [{ "eu": "ops-eu", "us": "ops-us" }]))]
    pub regions: Named<Spanned<String>>,
    /// Or a shard on each of these hosts, with a share of the targets by a hash of their host. All
    /// targets of a host stay together, so that alerts may compare them.
    #[serde(default)]
    #[schemars(extend("examples" = [["ops-1", "ops-2"]]))]
    pub hosts: Vec<Spanned<String>>,
}

/// A store elsewhere that gets a copy of what is scraped: Mimir, Thanos, VictoriaMetrics, another
/// Prometheus.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RemoteWrite {
    /// Where it takes samples.
    #[schemars(extend("pattern" = "^https?://", "examples" = ["https://mimir.example.net/api/v1/push"]))]
    pub url: Spanned<String>,
    /// Its name in metrics and logs of Prometheus. Without it, a hash.
    #[serde(default)]
    pub name: Option<Spanned<String>>,
    /// The tenant of a shared store, sent as `X-Scope-OrgID`. Without it, none is named.
    #[serde(default)]
    pub tenant: Option<Spanned<String>>,
    /// The user; `secret` is the password then. Without it, nobody logs in by name.
    #[serde(default)]
    pub user: Option<Spanned<String>>,
    /// The secret with the password of `user`, or with a bearer token where there is no user. Without it, the
    /// store must take what anyone sends.
    #[serde(default)]
    pub secret: Option<Spanned<String>>,
    /// Only these metrics. Without any, all.
    #[serde(default)]
    pub only: Vec<Spanned<String>>,
    /// How samples wait for the store. Without it, as Prometheus does.
    #[serde(default)]
    pub queue: Option<Queue>,
}

/// How samples wait for a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Queue {
    /// Most connections at a time. Without it, as Prometheus does.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    pub max_shards: Option<u32>,
    /// Samples that wait for each connection. Without it, as Prometheus does.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub capacity: Option<u32>,
    /// Most samples in one request. Without it, as Prometheus does.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100_000))]
    pub samples_per_send: Option<u32>,
}
