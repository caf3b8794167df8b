//! How soon people act.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Severity;
use crate::manifest::quantity::Duration;
use crate::text::Spanned;

/// The time in which a person acts on an alert. How alerts are gathered and repeated follows from it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Respond {
    /// At any hour: funds or consensus are in danger.
    #[serde(default, rename = "P1")]
    #[schemars(extend("default" = "5m"))]
    pub p1: Option<Spanned<Duration>>,
    /// Duties are being missed.
    #[serde(default, rename = "P2")]
    #[schemars(extend("default" = "30m"))]
    pub p2: Option<Spanned<Duration>>,
    /// A working day.
    #[serde(default, rename = "P3")]
    #[schemars(extend("default" = "8h"))]
    pub p3: Option<Spanned<Duration>>,
    /// When there is time.
    #[serde(default, rename = "P4")]
    #[schemars(extend("default" = "5d"))]
    pub p4: Option<Spanned<Duration>>,
}

impl Respond {
    /// What is written for a severity.
    pub fn of(&self, severity: Severity) -> Option<&Spanned<Duration>> {
        match severity {
            Severity::P1 => self.p1.as_ref(),
            Severity::P2 => self.p2.as_ref(),
            Severity::P3 => self.p3.as_ref(),
            Severity::P4 => self.p4.as_ref(),
        }
    }
}

impl Severity {
    /// The time in which a person acts where `monitoring.respond` does not say.
    pub fn response(self) -> Duration {
        match self {
            Self::P1 => Duration(5 * 60),
            Self::P2 => Duration(30 * 60),
            Self::P3 => Duration(8 * 3600),
            Self::P4 => Duration(5 * 86_400),
        }
    }
}
