//! Which alerts go to whom.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::manifest::names::Names;
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
    /// Only alerts of services of these teams.
    #[serde(default)]
    pub team: Vec<Spanned<String>>,
    /// Only alerts of these components.
    #[serde(default)]
    pub component: Vec<Spanned<String>>,
    /// Only in these hours, by their name under `times`; at other hours the alert goes on to the next
    /// route that takes it. That it is over is told only to who is called at that hour. Without it, at
    /// every hour.
    #[serde(default)]
    pub during: Option<Spanned<String>>,
    /// Only out of these hours, by their name under `times`. Without it, at every hour.
    #[serde(default)]
    pub outside: Option<Spanned<String>>,
    /// The receiver, or several that are all called.
    pub to: Names,
    /// How often an alert that still fires is sent again. Without it, it follows from the time in which
    /// a person acts: every hour for P1, every 4 hours for P2, every day for P3 and P4.
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
