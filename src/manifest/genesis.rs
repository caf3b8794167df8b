//! The first block of a chain that this network starts itself.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Deserialize as DeserializeDerive, Serialize};

use crate::hashed::IndexMap;
use crate::text::Spanned;

/// The first block of a chain that this network starts itself.
#[derive(Clone, Debug, DeserializeDerive, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Genesis {
    /// When the chain begins, as `2026-12-01T12:00:00Z`.
    #[schemars(extend("pattern" = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$", "examples" = ["2026-12-01T12:00:00Z"]))]
    pub time: Spanned<String>,
    /// The first block of an Ethereum execution client.
    #[serde(default)]
    pub execution: Option<ExecutionGenesis>,
    /// The validator set of a BFT engine, made of the nodes with voting power.
    #[serde(default)]
    pub consensus: Option<ConsensusGenesis>,
}

/// The first block of an Ethereum execution client.
#[derive(Clone, Debug, DeserializeDerive, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ExecutionGenesis {
    /// The newest fork; it and all forks before it hold from the first block.
    #[serde(default)]
    #[schemars(extend("default" = "prague"))]
    pub fork: Option<Fork>,
    /// The gas limit of the first block.
    #[serde(default)]
    #[schemars(range(min = 5000), extend("default" = 30_000_000))]
    pub gas_limit: Option<Spanned<u64>>,
    /// The base fee of the first block, in wei.
    #[serde(default)]
    #[schemars(extend("default" = 1_000_000_000))]
    pub base_fee: Option<Spanned<u64>>,
    /// Extra data of the first block: `0x` and at most 64 hexadecimal digits. Without it, none.
    #[serde(default)]
    pub extra_data: Option<Spanned<String>>,
    /// Whether the contracts that the forks bring stand in the first block. Chains whose clients know no
    /// requests of such contracts begin without.
    #[serde(default)]
    #[schemars(extend("default" = true))]
    pub system_contracts: Option<bool>,
    /// Who has what, by address.
    pub alloc: IndexMap<Spanned<String>, Account>,
}

/// A fork of Ethereum, oldest first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, DeserializeDerive, Serialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Fork {
    /// Proof of stake from the first block.
    Paris,
    /// Withdrawals.
    Shanghai,
    /// Blobs.
    Cancun,
    /// Requests of the execution layer.
    #[default]
    Prague,
}

/// What an address has at the first block: an amount, or a map.
#[derive(Clone, Debug)]
pub enum Account {
    /// `1000 ether`, `5 gwei`, `123` (wei) or `0x1bc1...` (wei).
    Balance(Spanned<Written>),
    /// More than an amount.
    Full(FullAccount),
}

/// What a contract has at the first block.
#[derive(Clone, Debug, DeserializeDerive, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FullAccount {
    /// The balance: `1000 ether`, `5 gwei`, or wei in decimal or `0x` hexadecimal. Without it, nothing.
    #[serde(default)]
    pub balance: Option<Spanned<Written>>,
    /// The nonce. Without it, 0.
    #[serde(default)]
    pub nonce: Option<Spanned<u64>>,
    /// The code: `0x` and hexadecimal digits. Without it, the account is no contract.
    #[serde(default)]
    pub code: Option<Spanned<String>>,
    /// Storage: slots and values of 32 bytes.
    #[serde(default)]
    pub storage: IndexMap<Spanned<String>, Spanned<String>>,
}

/// The validator set of a BFT engine.
#[derive(Clone, Debug, Default, DeserializeDerive, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ConsensusGenesis {
    /// The height of the first block.
    #[serde(default)]
    #[schemars(range(min = 1), extend("default" = 1))]
    pub initial_height: Option<Spanned<u64>>,
}

/// An amount as it was written: text, or a whole number of wei.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written(pub String);

struct WrittenVisitor;

impl Visitor<'_> for WrittenVisitor {
    type Value = Written;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Written, E> {
        Ok(Written(text.to_owned()))
    }
    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Written, E> {
        Ok(Written(number.to_string()))
    }
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Written, E> {
        Ok(Written(number.to_string()))
    }
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WrittenVisitor)
    }
}

impl JsonSchema for Written {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An amount: `1000 ether`, `5 gwei`, or wei in decimal or `0x` hexadecimal.",
            "anyOf": [{ "type": "string" }, { "type": "integer", "minimum": 0 }],
        })
    }
}

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AccountVisitor;
        enum Inner {
            Amount(Written),
            Full(FullAccount),
        }
        impl<'de> Visitor<'de> for AccountVisitor {
            type Value = Inner;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount or a map")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Inner, E> {
                WrittenVisitor.visit_str(text).map(Inner::Amount)
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Inner, E> {
                WrittenVisitor.visit_u64(number).map(Inner::Amount)
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Inner, E> {
                WrittenVisitor.visit_i64(number).map(Inner::Amount)
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Inner, A::Error> {
                FullAccount::deserialize(de::value::MapAccessDeserializer::new(map)).map(Inner::Full)
            }
        }
        impl<'de> Deserialize<'de> for Inner {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(AccountVisitor)
            }
        }
        let Spanned { value, span } = Spanned::<Inner>::deserialize(deserializer)?;
        Ok(match value {
            Inner::Amount(written) => Self::Balance(Spanned::new(written, span)),
            Inner::Full(full) => Self::Full(full),
        })
    }
}

impl JsonSchema for Account {
    fn schema_name() -> Cow<'static, str> {
        "Account".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let full = generator.subschema_for::<FullAccount>();
        json_schema!({
            "description": "An amount (`1000 ether`, `5 gwei`, or wei in decimal or `0x` hexadecimal), or a map.",
            "anyOf": [{ "type": "string" }, { "type": "integer", "minimum": 0 }, full],
        })
    }
}
