//! The network as a whole, its regions, and defaults.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::ops::Deref;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize};

use super::host::{Runtime, Ssh};
use crate::text::Spanned;
use crate::value::HELP;

/// What the network is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Network {
    /// The name. It becomes paths, labels and the compose project.
    #[schemars(extend("pattern" = super::NamePattern::REGEX, "examples" = ["hoodi-validators"]))]
    pub name: Spanned<String>,
    /// The chain, by its id in the catalog: `mainnet`, `hoodi`, `sepolia`.
    #[schemars(extend("examples" = ["hoodi", "mainnet"]))]
    pub chain: Spanned<String>,
    /// How much is at stake. `production` turns advice into errors.
    #[serde(default)]
    #[schemars(extend("default" = Environment::default().word()))]
    pub environment: Option<Environment>,
}

/// How much is at stake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Environment {
    /// Real value; no placeholder and no unpinned image passes.
    #[default]
    Production,
    /// Like production, without real value.
    Staging,
    /// A public or private test network.
    Testnet,
    /// One person's machine.
    Development,
}

impl Environment {
    /// The word of the manifest.
    pub fn word(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Testnet => "testnet",
            Self::Development => "development",
        }
    }
}

/// A place where hosts stand.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Region {
    /// Who runs the machines there. A provider is a failure domain too. Without it, the loss of a
    /// provider is not looked at here.
    #[serde(default)]
    pub provider: Option<Spanned<String>>,
    /// The name that the provider has for the region. Its inventory is asked there only. Without it,
    /// everywhere.
    #[serde(default)]
    #[schemars(extend("pattern" = "^[a-z][a-z0-9-]{1,62}$", "examples" = ["us-east-1", "europe-west3"]))]
    pub provider_region: Option<Spanned<String>>,
    /// The project of Google Cloud that the machines belong to. Without it, there is no inventory of that
    /// provider, for it can only ask project by project.
    #[serde(default)]
    #[schemars(extend("pattern" = "^[a-z][a-z0-9-]{4,28}[a-z0-9]$", "examples" = ["acme-validators"]))]
    pub project: Option<Spanned<String>>,
}

/// Values for every host that says nothing else.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Defaults {
    /// How hosts are reached.
    #[serde(default)]
    pub ssh: Option<Ssh>,
    /// What runs the services.
    #[serde(default)]
    #[schemars(extend("default" = Runtime::default().word()))]
    pub runtime: Option<Runtime>,
    /// The folder on each host under which services keep their state.
    #[serde(default)]
    #[schemars(extend("pattern" = "^/[A-Za-z0-9._/-]+$", "default" = "/var/lib/netgen"))]
    pub data_dir: Option<Spanned<String>>,
}

/// Addresses that share a prefix: `172.30.10.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subnet(pub IpNet);

impl Deref for Subnet {
    type Target = IpNet;
    fn deref(&self) -> &IpNet {
        &self.0
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Subnet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| {
            let help = match text.parse::<IpAddr>() {
                Ok(IpAddr::V4(_)) => format!("for this one address alone write `{text}/32`"),
                Ok(IpAddr::V6(_)) => format!("for this one address alone write `{text}/128`"),
                Err(_) => "write an address and the length of its prefix: `172.30.10.0/24`".to_owned(),
            };
            de::Error::custom(format!("`{text}` is no network{HELP}{help}"))
        })
    }
}

/// A network between the containers of one host.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SubNetwork {
    /// The addresses of the containers; the same on each host, since the network never leaves it.
    /// Without it, the container engine chooses them.
    #[serde(default)]
    #[schemars(with = "Option<String>", extend("examples" = ["172.30.10.0/24"]))]
    pub subnet: Option<Spanned<Subnet>>,
    /// Without a way out: containers reach each other and nothing else.
    #[serde(default)]
    pub internal: bool,
}
