//! Hours of the week in which people can be called in another way.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer};

use crate::text::Spanned;

/// Hours that come again every week.
#[derive(Clone, Debug, Default, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct WeeklyTime {
    /// The days on which it begins: `mon`, or `mon-fri`. Without any, every day.
    #[serde(default)]
    #[schemars(extend("examples" = [["mon-fri"]]))]
    pub days: Vec<Spanned<Days>>,
    /// When it begins.
    #[serde(default)]
    #[schemars(extend("default" = "00:00"))]
    pub from: Option<Spanned<Clock>>,
    /// When it ends; at or before `from`, on the next day.
    #[serde(default)]
    #[schemars(extend("default" = "24:00"))]
    pub to: Option<Spanned<Clock>>,
    /// The time zone, by its name in the IANA database; daylight saving is taken from there.
    #[serde(default)]
    #[schemars(extend("default" = "UTC", "examples" = ["Europe/Berlin"]))]
    pub zone: Option<Spanned<String>>,
}

/// A day of the week, or several in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first; Monday is 0.
    pub first: usize,
    /// The last, which may stand before the first: `fri-mon`.
    pub last: usize,
}

/// A time of the day in minutes, at most 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clock(pub u16);

const DAYS_PATTERN: &str = "^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$";
const CLOCK_PATTERN: &str = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$";
const WORDS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Days {
    /// Reads `mon` or `mon-fri`.
    pub fn parse(text: &str) -> Option<Self> {
        let day = |word: &str| WORDS.iter().position(|known| *known == word);
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        Some(Self { first: day(first)?, last: day(last)? })
    }

    /// Each of them; Monday is 0.
    pub fn each(self) -> impl Iterator<Item = usize> {
        let count = (self.last + 7 - self.first) % 7 + 1;
        (self.first..self.first + count).map(|day| day % 7)
    }
}

impl Clock {
    /// The end of a day.
    pub const MIDNIGHT: Self = Self(24 * 60);

    /// Reads `08:00`.
    pub fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.split_once(':').filter(|_| text.len() == 5)?;
        let number = |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<u16>().ok());
        let (hours, minutes) = (number(hours)??, number(minutes)??);
        let clock = Self(hours * 60 + minutes);
        (minutes < 60 && clock <= Self::MIDNIGHT).then_some(clock)
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl<'de> Deserialize<'de> for Days {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(format!("`{text}` is not a day such as `mon`")))
    }
}

impl<'de> Deserialize<'de> for Clock {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| de::Error::custom(format!("`{text}` is not a time of the day such as `08:00`")))
    }
}

impl JsonSchema for Days {
    fn schema_name() -> Cow<'static, str> {
        "Days".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "pattern": DAYS_PATTERN, "examples": ["mon-fri", "sat"],
            "description": "A day of the week or several in a row: `mon`, `mon-fri`.",
        })
    }
}

impl JsonSchema for Clock {
    fn schema_name() -> Cow<'static, str> {
        "Clock".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "pattern": CLOCK_PATTERN, "examples": ["08:00", "18:30"],
            "description": "A time of the day: `08:00`, at most `24:00`.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days() {
        let each = |text: &str| Days::parse(text).map(|days| days.each().collect::<Vec<_>>());
        assert_eq!(each("mon"), Some(vec![0]));
        assert_eq!(each("mon-fri"), Some(vec![0, 1, 2, 3, 4]));
        assert_eq!(each("sat-mon"), Some(vec![5, 6, 0]));
        for bad in ["", "monday", "mon-", "mon-fry", "Mon"] {
            assert_eq!(Days::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn clocks() {
        assert_eq!(Clock::parse("08:30"), Some(Clock(510)));
        assert_eq!(Clock::parse("24:00").map(|clock| clock.to_string()).as_deref(), Some("24:00"));
        for bad in ["", "8:30", "08:60", "24:01", "08-30", "+8:30", "99:99"] {
            assert_eq!(Clock::parse(bad), None, "{bad}");
        }
    }
}
