//! Quantities as people write them: `10m`, `32GiB`, `66%`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::value::HELP;

/// A length of time in whole seconds. Written `90s`, `10m`, `12h`, `30d`, or joined: `1h30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub u64);

/// A length of time in whole milliseconds. Written `250ms`, `2s`, `2500ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u32);

/// A number of bytes. Written `512MiB`, `32GiB`, `2TiB` (powers of 1024) or `500GB` (of 1000).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(pub u64);

/// A share in hundredths of a percent, so that arithmetic stays exact. Written `66%` or `99.95%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(pub u32);

/// A number of CPUs in thousandths. Written `4`, `0.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cpus(pub u32);

/// How fast something on disk grows. Written `14GiB/week`; a month has 30 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Growth {
    /// Bytes in each period.
    pub bytes: ByteSize,
    /// The period.
    pub every: Period,
}

/// A period of [`Growth`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// One day.
    Day,
    /// Seven days.
    Week,
    /// Thirty days.
    Month,
}

const DURATION_PATTERN: &str = r"^([0-9]+(d|h|m|s))+$";
const MILLIS_PATTERN: &str = r"^[0-9]+(ms|s)$";
const SIZE_PATTERN: &str = r"^[0-9]+(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$";
const GROWTH_PATTERN: &str = r"^[0-9]+(MiB|GiB|TiB)/(day|week|month)$";
const PERCENT_PATTERN: &str = r"^[0-9]{1,3}(\.[0-9]{1,2})?%$";

/// The forms of quantities: a text of another form is none, and cannot be read on.
pub const PATTERNS: [&str; 4] = [DURATION_PATTERN, MILLIS_PATTERN, SIZE_PATTERN, PERCENT_PATTERN];

impl Duration {
    /// Reads `1h30m`; `None` for anything else, zero included where it has no unit.
    pub fn parse(text: &str) -> Option<Self> {
        let mut total: u64 = 0;
        let mut digits = String::new();
        if text.is_empty() {
            return None;
        }
        for letter in text.chars() {
            if letter.is_ascii_digit() {
                digits.push(letter);
                continue;
            }
            let unit = match letter {
                's' => 1,
                'm' => 60,
                'h' => 3600,
                'd' => 86_400,
                _ => return None,
            };
            let count: u64 = digits.parse().ok()?;
            total = total.checked_add(count.checked_mul(unit)?)?;
            digits.clear();
        }
        digits.is_empty().then_some(Self(total))
    }
}

/// The shortest form with one unit that loses nothing: `5400` is `90m`, `86400` is `1d`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit) = match self.0 {
            0 => (0, "s"),
            n if n.is_multiple_of(86_400) => (n / 86_400, "d"),
            n if n.is_multiple_of(3600) => (n / 3600, "h"),
            n if n.is_multiple_of(60) => (n / 60, "m"),
            n => (n, "s"),
        };
        write!(f, "{count}{unit}")
    }
}

impl Millis {
    /// Reads `250ms` or `2s`; `None` for anything else and for nothing at all.
    pub fn parse(text: &str) -> Option<Self> {
        let split = text.find(|c: char| !c.is_ascii_digit())?;
        let (count, unit) = text.split_at_checked(split)?;
        let factor = match unit {
            "ms" => 1,
            "s" => 1000,
            _ => return None,
        };
        count.parse::<u32>().ok()?.checked_mul(factor).filter(|millis| *millis > 0).map(Self)
    }

    /// In seconds, as the bound of a histogram's bucket is written: `0.25`, `2`.
    pub fn seconds(self) -> String {
        let text = format!("{}.{:03}", self.0 / 1000, self.0 % 1000);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// In seconds where that loses nothing.
impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            n if n > 0 && n.is_multiple_of(1000) => write!(f, "{}s", n / 1000),
            n => write!(f, "{n}ms"),
        }
    }
}

impl ByteSize {
    /// One MiB.
    pub const MIB: u64 = 1 << 20;

    /// Reads `32GiB`; `None` for anything else or more than 2^64 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let split = text.find(|c: char| !c.is_ascii_digit())?;
        let (count, unit) = text.split_at_checked(split)?;
        let factor: u64 = match unit {
            "B" => 1,
            "KB" => 1000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "TB" => 1_000_000_000_000,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            "TiB" => 1 << 40,
            _ => return None,
        };
        count.parse::<u64>().ok()?.checked_mul(factor).map(Self)
    }

    /// Whole MiB, rounded down.
    pub fn mib(self) -> u64 {
        self.0 / Self::MIB
    }
}

/// The largest binary unit that loses nothing.
impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(1_u64 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
        match units.iter().find(|(factor, _)| self.0 != 0 && self.0.is_multiple_of(*factor)) {
            Some((factor, unit)) => write!(f, "{}{unit}", self.0 / factor),
            None => write!(f, "{}B", self.0),
        }
    }
}

impl Period {
    const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// Its length in days.
    pub fn days(self) -> u32 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 30,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

impl Growth {
    /// Reads `14GiB/week`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (size, period) = text.split_once('/')?;
        let every = Period::ALL.into_iter().find(|every| every.word() == period)?;
        let bytes = ByteSize::parse(size).filter(|_| size.ends_with("iB") && !size.ends_with("KiB"))?;
        Some(Self { bytes, every })
    }
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.bytes, self.every.word())
    }
}

impl Percent {
    /// Reads `66%` or `99.95%`; `None` above 100%.
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.strip_suffix('%')?;
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        if part.len() > 2 || (number.contains('.') && part.is_empty()) {
            return None;
        }
        let hundredths: u32 = format!("{part:0<2}").parse().ok()?;
        let total = whole.parse::<u32>().ok()?.checked_mul(100)?.checked_add(hundredths)?;
        (total <= 10_000).then_some(Self(total))
    }

    /// What is left of the whole.
    #[must_use]
    pub fn rest(self) -> Self {
        Self(10_000_u32.saturating_sub(self.0))
    }

    /// The share as a decimal fraction in text: `99.9%` is `0.999`, `100%` is `1`.
    pub fn fraction(self) -> String {
        let text = format!("{}.{:04}", self.0 / 10_000, self.0 % 10_000);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(f, "{whole}%"),
            (whole, part) if part % 10 == 0 => write!(f, "{whole}.{}%", part / 10),
            (whole, part) => write!(f, "{whole}.{part:02}%"),
        }
    }
}

impl fmt::Display for Cpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:03}", self.0 / 1000, self.0 % 1000);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

macro_rules! text_quantity {
    ($type:ident, $what:literal, $limit:literal, $pattern:ident, $doc:literal, $examples:expr) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| {
                    de::Error::custom(format!("`{text}` is not {}{HELP}{}", $what, $limit))
                })
            }
        }
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string", "pattern": $pattern, "description": $doc, "examples": $examples,
                })
            }
        }
    };
}

text_quantity!(
    Duration,
    "a length of time such as `90s`, `10m`, `12h` or `30d`",
    "this is more seconds than can be counted; write a shorter time",
    DURATION_PATTERN,
    "A length of time: `90s`, `10m`, `12h`, `30d`, `1h30m`.",
    ["30s", "10m", "30d"]
);
text_quantity!(
    Millis,
    "a length of time such as `250ms` or `2s`",
    "this is no time at all, or more than 49 days; write another one",
    MILLIS_PATTERN,
    "A short length of time: `250ms`, `2s`.",
    ["250ms", "2s"]
);
text_quantity!(
    ByteSize,
    "a size such as `512MiB`, `32GiB` or `2TB`",
    "this is more than 2^64 bytes; write a smaller size",
    SIZE_PATTERN,
    "A number of bytes: `512MiB`, `32GiB` (powers of 1024) or `500GB` (of 1000).",
    ["512MiB", "32GiB", "2TiB"]
);
text_quantity!(
    Growth,
    "a size per day, week or month such as `14GiB/week`",
    "this is more than 2^64 bytes; write a smaller size",
    GROWTH_PATTERN,
    "A size per day, week or month: `14GiB/week`. A month has 30 days.",
    ["14GiB/week", "500MiB/day"]
);
text_quantity!(
    Percent,
    "a share such as `66%` or `99.9%`",
    "a share of the whole is at most `100%`",
    PERCENT_PATTERN,
    "A share of the whole: `66%`, `99.9%`.",
    ["66%", "99.9%"]
);

impl<'de> Deserialize<'de> for Cpus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let cpus = f64::deserialize(deserializer)?;
        let thousandths = (cpus * 1000.0).round();
        if !(1.0..=10_000_000.0).contains(&thousandths) {
            return Err(de::Error::custom("CPUs must be between 0.001 and 10000"));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole, and within bounds"
        )]
        Ok(Self(thousandths as u32))
    }
}
impl Serialize for Cpus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from(self.0) / 1000.0)
    }
}
impl JsonSchema for Cpus {
    fn schema_name() -> Cow<'static, str> {
        "Cpus".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "number", "minimum": 0.001, "maximum": 10000,
            "description": "A number of CPUs; parts of one are allowed.", "examples": [4, 0.5],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(Duration::parse("1h30m"), Some(Duration(5400)));
        assert_eq!(Duration(5400).to_string(), "90m");
        for bad in ["", "60", "m", "5x", "-1s", "99999999999999999999d"] {
            assert_eq!(Duration::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn milliseconds() {
        assert_eq!(Millis::parse("2s"), Some(Millis(2000)));
        assert_eq!(Millis(2500).to_string(), "2500ms");
        assert_eq!(Millis(2000).to_string(), "2s");
        assert_eq!((Millis(5).seconds(), Millis(2500).seconds()), ("0.005".to_owned(), "2.5".to_owned()));
        for bad in ["", "0ms", "5", "5m", "ms", "99999999s", "1.5s"] {
            assert_eq!(Millis::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(ByteSize::parse("32GiB").map(|s| s.0), Some(32 << 30));
        assert_eq!(ByteSize(2 << 40).to_string(), "2TiB");
        assert_eq!(ByteSize(500_000_000_000).to_string(), "488281250KiB");
        for bad in ["", "32", "GiB", "50 MiBs", "1.5GiB", "99999999999TiB"] {
            assert_eq!(ByteSize::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn growths() {
        let read = Growth::parse("14GiB/week");
        assert_eq!(read, Some(Growth { bytes: ByteSize(14 << 30), every: Period::Week }));
        assert_eq!(read.map(|growth| growth.to_string()).as_deref(), Some("14GiB/week"));
        for bad in ["", "14GiB", "14GiB/year", "GiB/day", "14GB/day", "14KiB/day", "-1GiB/day", "14/day"] {
            assert_eq!(Growth::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn percents() {
        assert_eq!(Percent::parse("99.9%"), Some(Percent(9990)));
        assert_eq!(Percent(9990).to_string(), "99.9%");
        assert_eq!(Percent(9990).fraction(), "0.999");
        assert_eq!(Percent(10_000).fraction(), "1");
        for bad in ["101%", "5", "1.234%", "1.%", "%"] {
            assert_eq!(Percent::parse(bad), None, "{bad}");
        }
    }
}
