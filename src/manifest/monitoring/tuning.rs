//! What is decided otherwise about alerts.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Severity;
use crate::hashed::IndexMap;
use crate::manifest::Date;
use crate::manifest::quantity::Duration;
use crate::text::Spanned;

/// Something decided otherwise about alerts, with its reason. Whom it is for is what all of `roles`,
/// `nodes`, `hosts`, `regions` and `components` say together; without any of them, the whole network.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Tuning {
    /// The alerts, by name. `netgen analyze alerts` lists them.
    #[schemars(length(min = 1), extend("examples" = [["GethFewPeers"]]))]
    pub alerts: Vec<Spanned<String>>,
    /// Only for services of nodes with these roles.
    #[serde(default)]
    pub roles: Vec<Spanned<String>>,
    /// Only for services of these nodes.
    #[serde(default)]
    pub nodes: Vec<Spanned<String>>,
    /// Only for services on these hosts.
    #[serde(default)]
    pub hosts: Vec<Spanned<String>>,
    /// Only for services in these regions.
    #[serde(default)]
    pub regions: Vec<Spanned<String>>,
    /// Only for services of these components.
    #[serde(default)]
    pub components: Vec<Spanned<String>>,
    /// Numbers of the alert by name; without any, those of its pack hold: seconds, bytes, shares between 0 and 1, or counts. `netgen
    /// components <component>` lists them.
    #[serde(default)]
    #[schemars(extend("examples" = [{ "least": 2 }]))]
    pub values: IndexMap<Spanned<String>, Spanned<f64>>,
    /// How soon a person must act. Without it, as its pack says.
    #[serde(default)]
    pub severity: Option<Spanned<Severity>>,
    /// How long it must hold. Without it, as its pack says.
    #[serde(default, rename = "for")]
    pub hold: Option<Spanned<Duration>>,
    /// Switches the alerts off. Without it, they stay on.
    #[serde(default)]
    pub off: Option<Spanned<bool>>,
    /// The last day on which this holds. Without it, it holds for good.
    #[serde(default)]
    pub until: Option<Spanned<Date>>,
    /// Why, for those who read the rules and runbooks later.
    #[schemars(length(min = 8), extend("examples" = ["a closed network of three nodes"]))]
    pub reason: Spanned<String>,
}
