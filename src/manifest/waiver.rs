//! Exceptions from rules.

use std::borrow::Cow;
use std::fmt;

use jiff::civil;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer};

use crate::text::Spanned;

/// An exception from a rule: what the rule finds is let through, with a reason and an end.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Waiver {
    /// The rule, by its code or its name. `netgen explain` lists them.
    #[schemars(extend("examples" = ["NG0601", "quorum-at-risk"]))]
    pub rule: Spanned<String>,
    /// The part of the manifest that the exception holds for, as a path with dots. A finding that
    /// points into it, by whatever label, is let through. Without it, the exception holds everywhere.
    #[serde(default)]
    #[schemars(extend("examples" = ["hosts.val-eu-1", "nodes.one"]))]
    pub at: Option<Spanned<String>>,
    /// Why it is let through, for those who read the manifest later.
    #[schemars(length(min = 8), extend("examples" = ["the second region is on order, ticket OPS-112"]))]
    pub reason: Spanned<String>,
    /// The last day on which it is.
    pub until: Spanned<Date>,
}

/// A day of the calendar. Written `2027-03-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(civil::Date);

impl Date {
    /// Reads `YYYY-MM-DD`; `None` for anything else and for days that do not exist.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = |part: &str, count| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
            return None;
        }
        civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok().map(Self)
    }

    /// The day of a moment in UTC, in seconds since 1970; `None` outside the calendar.
    pub fn of_epoch(seconds: i64) -> Option<Self> {
        let moment = jiff::Timestamp::from_second(seconds).ok()?;
        Some(Self(jiff::tz::TimeZone::UTC.to_datetime(moment).date()))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(format!("`{text}` is no day of the calendar")))
    }
}

impl JsonSchema for Date {
    fn schema_name() -> Cow<'static, str> {
        "Date".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            "description": "A day of the calendar: `2027-03-31`.", "examples": ["2027-03-31"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days() {
        assert_eq!(Date::parse("2028-02-29").map(|d| d.to_string()), Some("2028-02-29".to_owned()));
        assert!(Date::parse("2027-03-31") < Date::parse("2027-04-01"));
        assert_eq!(Date::of_epoch(86_399).map(|d| d.to_string()), Some("1970-01-01".to_owned()));
        assert_eq!(Date::of_epoch(i64::MAX), None);
        for bad in ["2027-02-29", "2027-3-1", "27-03-01", "2027-03-31T00:00", "+027-01-01", "", "2027-13-01"]
        {
            assert_eq!(Date::parse(bad), None, "{bad}");
        }
    }
}
