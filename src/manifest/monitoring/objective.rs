//! What the network promises.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::manifest::Named;
use crate::manifest::quantity::{Duration, Millis, Percent};
use crate::text::Spanned;

/// Objectives. Each role has an error budget of its own: what the objective leaves of the window.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Slo {
    /// The share of time in which the services of a role must answer.
    pub availability: Spanned<Percent>,
    /// Over which time.
    pub window: Spanned<Duration>,
    /// The time in which a service that failed must answer again (the time to repair). An alert tells each one
    /// that takes longer. Without it, no such time is promised.
    #[serde(default)]
    #[schemars(extend("examples" = ["15m"]))]
    pub repair: Option<Spanned<Duration>>,
    /// The time in which a service may fail once (the time between failures). An alert tells each one that fails
    /// more often. Without it, no such time is promised.
    #[serde(default)]
    #[schemars(extend("examples" = ["30d"]))]
    pub between_failures: Option<Spanned<Duration>>,
    /// How fast requests must be answered, for every role whose services measure it.
    #[serde(default)]
    pub latency: Option<Latency>,
    /// Other objectives for single roles.
    #[serde(default)]
    pub roles: Named<RoleSlo>,
}

/// The objectives of one role, in place of those of the network.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RoleSlo {
    /// The share of time in which its services must answer. Without it, that of all roles.
    #[serde(default)]
    pub availability: Option<Spanned<Percent>>,
    /// How fast its services must answer requests.
    #[serde(default)]
    pub latency: Option<Latency>,
}

/// A share of requests that is answered within a time.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Latency {
    /// The time; the upper bound of a bucket of the histogram.
    pub within: Spanned<Millis>,
    /// The share of requests.
    pub of: Spanned<Percent>,
    /// Only requests to these components. Without any, to each that measures them.
    #[serde(default)]
    pub components: Vec<Spanned<String>>,
}

impl Slo {
    /// Every latency that is written: of the network (no role), then of the roles.
    pub fn latencies(&self) -> impl Iterator<Item = (Option<&Spanned<String>>, &Latency)> {
        let of_roles = self.roles.iter().filter_map(|(role, own)| Some((Some(role), own.latency.as_ref()?)));
        self.latency.iter().map(|latency| (None, latency)).chain(of_roles)
    }

    /// The latency that holds for a role.
    pub fn latency_of(&self, role: &str) -> Option<&Latency> {
        self.roles.get(role).and_then(|own| own.latency.as_ref()).or(self.latency.as_ref())
    }

    /// Every share that must be good.
    pub fn targets(&self) -> impl Iterator<Item = &Spanned<Percent>> {
        let of_roles = self.roles.values().filter_map(|own| own.availability.as_ref());
        let of_latencies = self.latencies().map(|(_, latency)| &latency.of);
        std::iter::once(&self.availability).chain(of_roles).chain(of_latencies)
    }
}
