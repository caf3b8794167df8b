//! The proof of an alert: series on a timeline that goes from good to bad and back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::threshold::{Formula, plain};
use crate::hashed::IndexMap;
use crate::manifest::quantity::Duration;

/// The proof of one alert, run by `promtool test rules`.
///
/// With `series` the tests are made from a timeline: good, then bad, then good again. It must fire
/// exactly when `for` has passed, resolve after the recovery, and stay silent when all is good, when a
/// single series only comes to its `edge`, and when series are missing. With `fires` and `silent` the
/// series are written out, and only that it fires at last and stays silent is proved.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AlertTest {
    /// Series on the timeline.
    #[serde(default)]
    pub series: Vec<Probe>,
    /// Seconds between the turn to bad and the first minute in which the expression holds.
    #[serde(default)]
    pub delay: Formula,
    /// Seconds between the recovery and the first minute in which it holds no more.
    #[serde(default)]
    pub clears: Formula,
    /// Seconds of the good time before; by default 20 minutes.
    #[serde(default = "default_warm")]
    pub warm: Formula,
    /// How many alerts fire.
    #[serde(default = "one")]
    pub alerts: u32,
    /// Its series are only shown all together: it fires and resolves, and no more is proved.
    #[serde(default)]
    pub together: bool,
    /// Further ways in which the same alert comes to fire.
    #[serde(default)]
    pub or: Vec<Case>,
    /// What it does when there is no series at all.
    #[serde(default)]
    pub absent: Absent,
    /// Series under which it fires once `for` has passed.
    #[serde(default)]
    pub fires: Vec<Series>,
    /// Series of a healthy system: it never fires.
    #[serde(default)]
    pub silent: Vec<Series>,
    /// With `fires`: time after `for` by which it must have fired.
    #[serde(default = "default_lead")]
    pub lead: Duration,
}

impl AlertTest {
    /// Every way in which it comes to fire.
    pub fn cases(&self) -> impl Iterator<Item = Case> {
        let first = Case {
            series: self.series.clone(),
            delay: self.delay.clone(),
            clears: self.clears.clone(),
            warm: self.warm.clone(),
            alerts: self.alerts,
            together: self.together,
        };
        std::iter::once(first).chain(self.or.iter().cloned()).filter(|case| !case.series.is_empty())
    }
}

/// One way in which an alert comes to fire.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Case {
    /// Series on the timeline.
    pub series: Vec<Probe>,
    /// Seconds between the turn to bad and the first minute in which the expression holds.
    #[serde(default)]
    pub delay: Formula,
    /// Seconds between the recovery and the first minute in which it holds no more.
    #[serde(default)]
    pub clears: Formula,
    /// Seconds of the good time before; by default 20 minutes.
    #[serde(default = "default_warm")]
    pub warm: Formula,
    /// How many alerts fire.
    #[serde(default = "one")]
    pub alerts: u32,
    /// Its series are only shown all together: it fires and resolves, and no more is proved.
    #[serde(default)]
    pub together: bool,
}

fn default_warm() -> Formula {
    Formula::Number(1200.0)
}

fn default_lead() -> Duration {
    Duration(1800)
}

fn one() -> u32 {
    1
}

/// What an alert does when series are missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Absent {
    /// It stays silent.
    #[default]
    Silent,
    /// It fires.
    Fires,
}

/// A series on the timeline.
///
/// Each part of the time is said by a template that gives a *pace*: `12` or `=-12` stays there, `+5` and `-5` go
/// on from the value before by so much a minute, `+1/30` by so much every thirty minutes, `_` has no
/// sample, `gone` is a series that ends.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Probe {
    /// The metric name.
    pub metric: String,
    /// Further labels. Those of the scrape (job, instance, network, region, host, node, role, service)
    /// are added by netgen; an empty value takes one of them away.
    #[serde(default)]
    pub labels: IndexMap<String, String>,
    /// Where a series that goes on from a value before begins.
    #[serde(default)]
    pub start: Formula,
    /// The pace while all is good.
    pub good: Formula,
    /// The pace that is just not bad enough: with it the alert stays silent though all other series are
    /// bad. Without it, the threshold is not shown.
    #[serde(default)]
    pub edge: Option<Formula>,
    /// The pace while it fires.
    pub bad: Formula,
    /// The pace of the recovery. Without it, the good one.
    #[serde(default)]
    pub after: Option<Formula>,
    /// What the alert does when this series is missing and all others are bad.
    #[serde(default)]
    pub absent: Absent,
}

/// One input series. The labels of the scrape (job, instance, network, region, host, node, role,
/// service) are added by netgen.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Series {
    /// The metric name.
    pub metric: String,
    /// Further labels.
    #[serde(default)]
    pub labels: IndexMap<String, String>,
    /// Values at one-minute steps in promtool's notation: `100x90` stays, `100+5x90` grows.
    pub values: String,
    /// One series for each scraped service of these voters. Without it, one series.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub among: Option<Voters>,
}

/// The voters of this network, parted by what their loss does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Voters {
    /// Those on hosts without which the chain just goes on.
    Spare,
    /// Those on one more host: without it and the spare ones the chain stands still.
    Last,
    /// All others.
    Rest,
}

/// How a series goes on, read from its text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// At one value.
    Level(f64),
    /// From the value before by `step` every `minutes`.
    Step {
        /// By how much.
        step: f64,
        /// After how many minutes each.
        minutes: u32,
    },
    /// Without samples.
    Silence,
    /// It ends.
    Gone,
}

impl Pace {
    /// Reads `12`, `+5`, `-5`, `+1/30`, `_` or `gone`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let finite = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
        match text {
            "_" => return Some(Self::Silence),
            "gone" => return Some(Self::Gone),
            _ => {}
        }
        let sign = match text.as_bytes().first() {
            Some(b'=') => return finite(text.get(1..)?.trim()).map(Self::Level),
            Some(b'+') => 1.0,
            Some(b'-') => -1.0,
            _ => return finite(text).map(Self::Level),
        };
        let (step, minutes) = text.get(1..)?.split_once('/').unwrap_or((text.get(1..)?, "1"));
        let minutes = minutes.trim().parse().ok().filter(|minutes| *minutes > 0)?;
        Some(Self::Step { step: sign * finite(step.trim())?, minutes })
    }
}

/// Writes a series for promtool, one sample a minute.
#[derive(Clone, Debug)]
pub struct Writer {
    text: String,
    last: f64,
}

impl Writer {
    /// A series that goes on from `start`.
    pub fn new(start: f64) -> Self {
        Self { text: String::new(), last: start }
    }

    /// Goes on for so many minutes.
    pub fn go(&mut self, pace: Pace, minutes: u64) {
        let Some(more) = minutes.checked_sub(1) else { return };
        match pace {
            Pace::Level(value) => {
                self.last = value;
                self.put(&format!("{}x{more}", plain(value)));
            }
            Pace::Silence => self.put(&format!("_x{minutes}")),
            Pace::Gone => {
                self.put("stale");
                if more > 0 {
                    self.put(&format!("_x{more}"));
                }
            }
            Pace::Step { step, minutes: 1 } => {
                let first = self.last + step;
                let sign = if step < 0.0 { '-' } else { '+' };
                self.put(&format!("{}{sign}{}x{more}", plain(first), plain(step.abs())));
                // promtool adds; a product has less noise than we would have by adding as well.
                #[expect(clippy::cast_precision_loss, reason = "minutes of a test are few")]
                let rest = step * more as f64;
                self.last = first + rest;
            }
            Pace::Step { step, minutes: every } => {
                let mut left = minutes;
                while left > 0 {
                    let run = left.min(u64::from(every));
                    self.last += step;
                    self.put(&format!("{}x{}", plain(self.last), run - 1));
                    left -= run;
                }
            }
        }
    }

    fn put(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(text);
    }

    /// The text.
    pub fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paces() {
        assert_eq!(Pace::parse(" 12 "), Some(Pace::Level(12.0)));
        assert_eq!(Pace::parse("=-0.5"), Some(Pace::Level(-0.5)));
        assert_eq!(Pace::parse("+0.5"), Some(Pace::Step { step: 0.5, minutes: 1 }));
        assert_eq!(Pace::parse("-5"), Some(Pace::Step { step: -5.0, minutes: 1 }));
        assert_eq!(Pace::parse("+1/30"), Some(Pace::Step { step: 1.0, minutes: 30 }));
        assert_eq!((Pace::parse("_"), Pace::parse("gone")), (Some(Pace::Silence), Some(Pace::Gone)));
        for bad in ["", "x", "+", "+1/0", "1/2/3", "nan", "+inf", "=", "= x"] {
            assert_eq!(Pace::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_timeline() {
        let mut writer = Writer::new(100.0);
        for (pace, minutes) in [("+5", 3), ("+0", 2), ("7", 1), ("_", 4), ("+1/2", 5), ("gone", 2)] {
            writer.go(Pace::parse(pace).unwrap(), minutes);
        }
        assert_eq!(writer.finish(), "105+5x2 115+0x1 7x0 _x4 8x1 9x1 10x0 stale _x1");
    }
}
