//! The numbers of an alert, by name: a person may set them anew, and texts and proofs speak of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A number of an alert. In `expr` and in the proof `{{ value.<name> }}` stands for it, in the texts
/// for what a person reads: `5m`, `10%`, `20 GiB`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Threshold {
    /// What it is without anybody's word: a number, or a template such as `{{ chain.block_time * 25 }}`.
    /// One that lies beyond `min` or `max` is brought back to it.
    pub default: Formula,
    /// What it counts.
    #[serde(default)]
    pub unit: Unit,
    /// Only whole numbers, as in a range `[600s]`.
    #[serde(default)]
    pub whole: bool,
    /// The least that makes sense.
    #[serde(default)]
    pub min: Option<f64>,
    /// The most that makes sense.
    #[serde(default)]
    pub max: Option<f64>,
    /// What it is, in a few words.
    pub doc: String,
}

impl Threshold {
    /// Whether a number may be set, and otherwise why not.
    pub fn takes(&self, number: f64) -> Result<(), String> {
        let shown = |bound: f64| self.unit.written(bound);
        match (self.min, self.max) {
            _ if !number.is_finite() => Err("it is no number".to_owned()),
            (Some(min), _) if number < min => Err(format!("it must be at least {}", shown(min))),
            (_, Some(max)) if number > max => Err(format!("it must be at most {}", shown(max))),
            _ if self.whole && number.fract() != 0.0 => Err("it must be a whole number".to_owned()),
            _ => Ok(()),
        }
    }

    /// A computed number inside the bounds, whole where it must be.
    pub fn within(&self, number: f64) -> f64 {
        let number = if self.whole { number.round() } else { number };
        let number = self.min.map_or(number, |min| number.max(min));
        self.max.map_or(number, |max| number.min(max))
    }
}

/// A number, or a template that gives one.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Formula {
    /// The number itself.
    Number(f64),
    /// A template.
    Text(String),
}

impl Formula {
    /// The template.
    pub fn text(&self) -> String {
        match self {
            Self::Number(number) => plain(*number),
            Self::Text(text) => text.clone(),
        }
    }
}

impl Default for Formula {
    fn default() -> Self {
        Self::Number(0.0)
    }
}

/// What a number counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Things: blocks, peers, requests.
    #[default]
    Number,
    /// Time.
    Seconds,
    /// A share between 0 and 1.
    Ratio,
    /// Data.
    Bytes,
}

impl Unit {
    /// A number of this unit as a person reads it.
    pub fn written(self, number: f64) -> String {
        match self {
            Self::Seconds => span(number),
            Self::Ratio => format!("{}%", plain(number * 100.0)),
            Self::Bytes => size(number),
            Self::Number => plain(number),
        }
    }
}

/// A number without digits that only the machine put there.
pub fn plain(number: f64) -> String {
    let text = format!("{number:.9}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() || text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// The largest units that leave nothing over: `90s`, `5m`, `1h 30m`, `3d`.
fn span(seconds: f64) -> String {
    if seconds < 1.0 || seconds.fract() != 0.0 {
        return format!("{}s", plain(seconds));
    }
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (unit, length) in [("d", 86_400.0), ("h", 3600.0), ("m", 60.0), ("s", 1.0)] {
        let count = (rest / length).floor();
        if count > 0.0 {
            parts.push(format!("{}{unit}", plain(count)));
            rest -= count * length;
        }
    }
    parts.join(" ")
}

fn size(bytes: f64) -> String {
    let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let fit = units.iter().map(|(unit, power)| (*unit, 2_f64.powi(*power))).find(|(_, size)| bytes >= *size);
    fit.map_or_else(
        || format!("{} bytes", plain(bytes)),
        |(unit, size)| format!("{} {unit}", plain((bytes / size * 10.0).round() / 10.0)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(plain(0.1 + 0.2), "0.3");
        assert_eq!(plain(19_000_000.0), "19000000");
        assert_eq!(plain(-0.0), "0");
        assert_eq!(Unit::Seconds.written(300.0), "5m");
        assert_eq!(Unit::Seconds.written(5400.0), "1h 30m");
        assert_eq!(Unit::Seconds.written(0.25), "0.25s");
        assert_eq!(Unit::Ratio.written(0.07), "7%");
        assert_eq!(Unit::Bytes.written(20.0 * 1024.0 * 1024.0 * 1024.0), "20 GiB");
        assert_eq!(Unit::Number.written(4.0), "4");
    }

    #[test]
    fn bounds() {
        let threshold = Threshold {
            default: Formula::default(),
            unit: Unit::Seconds,
            whole: true,
            min: Some(60.0),
            max: Some(600.0),
            doc: String::new(),
        };
        assert_eq!(threshold.takes(60.0), Ok(()));
        assert_eq!(threshold.takes(59.0), Err("it must be at least 1m".to_owned()));
        assert_eq!(threshold.takes(601.0), Err("it must be at most 10m".to_owned()));
        assert!(threshold.takes(60.5).is_err() && threshold.takes(f64::NAN).is_err());
        assert_eq!(
            (threshold.within(1.0), threshold.within(100.4), threshold.within(9e9)),
            (60.0, 100.0, 600.0)
        );
    }
}
