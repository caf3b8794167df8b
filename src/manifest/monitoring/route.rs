//! Which alerts go to whom.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::manifest::quantity::Duration;
use crate::text::Spanned;

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
