//! Who may reach an interface.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who may reach an interface. The firewall, the bind address and the diagrams follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Exposure {
    /// Anyone on the internet.
    Public,
    /// Other nodes of this network only.
    Peers,
    /// Only the services that are bound to it.
    Private,
    /// Only this host itself; never another machine.
    Loopback,
}

impl Exposure {
    /// The word of the manifest.
    pub fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Peers => "peers",
            Self::Private => "private",
            Self::Loopback => "loopback",
        }
    }
}
