//! How ports are given.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};

/// Host blocks are this wide where nothing else is said.
const DEFAULT_STRIDE: u16 = 1000;

/// How ports are given to interfaces that the manifest gives none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ports {
    /// The catalog's default where it is free, else the next free port; kept in `netgen.lock`, so that
    /// it never moves when hosts or nodes come, go or change places.
    #[default]
    Stable,
    /// The catalog's default, always. Two services on one port are an error.
    Fixed,
    /// Nodes get their base port + (place of the host in the manifest) x stride + (place of the node
    /// among the nodes of its host, by name).
    HostBlock {
        /// How far the blocks of two hosts are apart.
        stride: u16,
    },
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Policy {
    Stable,
    Fixed,
    HostBlock,
}

impl Policy {
    fn with(self, stride: Option<u16>) -> Ports {
        match self {
            Self::Stable => Ports::Stable,
            Self::Fixed => Ports::Fixed,
            Self::HostBlock => Ports::HostBlock { stride: stride.unwrap_or(DEFAULT_STRIDE) },
        }
    }
}

impl<'de> Deserialize<'de> for Ports {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields)]
        struct Long {
            policy: Policy,
            #[serde(default)]
            stride: Option<u16>,
        }
        struct PortsVisitor;
        impl<'de> Visitor<'de> for PortsVisitor {
            type Value = Ports;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`stable`, `fixed`, `host-block` or a map with `policy`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Ports, E> {
                Policy::deserialize(de::value::StrDeserializer::new(text)).map(|policy| policy.with(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Ports, A::Error> {
                let long = Long::deserialize(de::value::MapAccessDeserializer::new(map))?;
                if long.stride.is_some() && !matches!(long.policy, Policy::HostBlock) {
                    return Err(de::Error::custom("`stride` belongs to the policy `host-block`"));
                }
                Ok(long.policy.with(long.stride))
            }
        }
        deserializer.deserialize_any(PortsVisitor)
    }
}

impl JsonSchema for Ports {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Ports".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let stable = "The catalog's default where it is free, else the next free port; kept in netgen.lock.";
        let fixed = "The catalog's default, always. Two services on one port are an error.";
        let block = "Base port + place of the host x stride + place of the node on its host.";
        let words = json_schema!({ "oneOf": [
            { "const": "stable", "description": stable },
            { "const": "fixed", "description": fixed },
            { "const": "host-block", "description": block },
        ] });
        json_schema!({
            "description": "How ports are given to interfaces that the manifest gives none.",
            "default": "stable",
            "anyOf": [
                words,
                {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["policy"],
                    "properties": {
                        "policy": { "description": "The policy.", "oneOf": [
                            { "const": "stable", "description": stable },
                            { "const": "fixed", "description": fixed },
                            { "const": "host-block", "description": block },
                        ] },
                        "stride": {
                            "description": "How far the port blocks of two hosts are apart, with `host-block`.",
                            "type": "integer", "minimum": 1, "maximum": 65535, "default": DEFAULT_STRIDE,
                        },
                    },
                },
            ],
        })
    }
}
