//! What the network promises.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::manifest::quantity::{Duration, Percent};
use crate::text::Spanned;

/// An objective.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Slo {
    /// The share of time in which the network must serve.
    pub availability: Spanned<Percent>,
    /// Over which time.
    pub window: Spanned<Duration>,
}
