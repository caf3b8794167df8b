//! What machines cost, for an estimate.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::quantity::ByteSize;
use crate::hashed::IndexMap;
use crate::text::Spanned;

/// A price list, from which the estimate of the costs in the bundle is made. netgen knows no price by
/// itself, and asks nobody: keep the list in a file of its own, under `include`, and change it when the
/// prices change.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Prices {
    /// The currency, by its three letters.
    #[schemars(extend("pattern" = "^[A-Z]{3}$", "examples" = ["USD", "EUR"]))]
    pub currency: Spanned<String>,
    /// Where the prices come from, and when they were read; it stands below the estimate. Without it, nobody
    /// knows how old they are.
    #[serde(default)]
    #[schemars(extend("examples" = ["list prices of the provider, without tax, read on 2026-11-01"]))]
    pub source: Option<String>,
    /// What each host sends to the internet in a month, for machines whose traffic has a price. Without it,
    /// traffic is not counted.
    #[serde(default)]
    pub traffic: Option<ByteSize>,
    /// Kinds of machines, by the name that `machine` of a host says.
    #[schemars(extend("examples" = [{ "t3.xlarge": { "month": 121.47, "disk": 0.08, "traffic": 0.09 } }]))]
    pub machines: IndexMap<Spanned<String>, MachinePrice>,
    /// What else is paid every month, by a name of your choice.
    #[serde(default)]
    #[schemars(extend("examples" = [{ "object storage": 12.50 }]))]
    pub other: IndexMap<Spanned<String>, Price>,
}

/// What a kind of machine costs.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MachinePrice {
    /// The machine, for a month.
    pub month: Price,
    /// A GiB of disk for a month; `resources.disk` of the host says how many. Without it, the disk comes with
    /// the machine.
    #[serde(default)]
    pub disk: Option<Price>,
    /// A GiB that is sent to the internet. Without it, traffic comes with the machine.
    #[serde(default)]
    pub traffic: Option<Price>,
}

/// An amount of money in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price(pub u64);

impl Price {
    const MILLION: u64 = 1_000_000;

    /// So many of it, `parts` of each `whole`: the price of 1.5 GiB is that of 1 GiB, `times(1536, 1024)`.
    #[must_use]
    pub fn times(self, parts: u64, whole: u64) -> Self {
        let product = u128::from(self.0) * u128::from(parts) / u128::from(whole.max(1));
        Self(u64::try_from(product).unwrap_or(u64::MAX))
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// With two digits, rounded half up: `121.47`.
impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = self.0.saturating_add(Self::MILLION / 200) / (Self::MILLION / 100);
        write!(f, "{}.{:02}", hundredths / 100, hundredths % 100)
    }
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let amount = f64::deserialize(deserializer)?;
        if !(0.0..=1_000_000_000.0).contains(&amount) {
            return Err(de::Error::custom("a price must be between 0 and 1000000000"));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole, and within bounds"
        )]
        Ok(Self((amount * 1_000_000.0).round() as u64))
    }
}

impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Price {
    fn schema_name() -> Cow<'static, str> {
        "Price".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "number", "minimum": 0, "maximum": 1_000_000_000,
            "description": "An amount of money, in the currency of the list.", "examples": [121.47, 0.08],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        assert_eq!(Price(121_470_000).to_string(), "121.47");
        assert_eq!(Price(5_000).to_string(), "0.01");
        assert_eq!(Price(4_999).to_string(), "0.00");
        assert_eq!(Price(80_000).times(100 << 30, 1 << 30), Price(8_000_000));
        assert_eq!(Price(90_000).times(3, 2).plus(Price(1)), Price(135_001));
        assert_eq!(Price(u64::MAX).times(3, 1), Price(u64::MAX));
    }
}
