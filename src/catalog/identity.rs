//! Keys of a component and how it finds its peers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::component::Component;
use super::setting::SettingType;
use crate::hashed::IndexMap;
use crate::identity::{KeyFormat, KeyType};

/// A key by which others know a service. `netgen keys` makes it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Identity {
    /// The curve.
    pub key: KeyType,
    /// The form of the file that the program reads.
    pub format: KeyFormat,
    /// The setting (of type `secret`) by which the program gets the file.
    pub setting: String,
    /// Whether it signs in consensus: its public key then stands in the validator set of a genesis.
    #[serde(default)]
    pub votes: bool,
    /// One line: what it is for. Without it, its name must say enough.
    #[serde(default)]
    pub doc: Option<String>,
}

/// How a program finds its peers.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PeerLink {
    /// The protocol: it peers with every component that speaks the same (`devp2p`, `cometbft`).
    pub protocol: String,
    /// The interface that peers connect to.
    pub interface: String,
    /// Further interfaces that only peers use, such as a separate port of discovery.
    #[serde(default)]
    pub also: Vec<String>,
    /// The identity by which peers name it. Without it, an address is enough.
    #[serde(default)]
    pub identity: Option<String>,
    /// Whether it can be told to speak to no one but its peers (`peering.closed` in templates).
    #[serde(default)]
    pub closes: bool,
    /// The texts by which this program names a peer, by a name of your choice: templates over `peer`.
    #[serde(default)]
    pub forms: IndexMap<String, String>,
}

/// What is wrong with the identities and peers of a component, each with a remedy.
pub fn problems(component: &Component) -> Vec<String> {
    let mut found = Vec::new();
    for (name, identity) in &component.identities {
        let setting = component.settings.get(&identity.setting);
        if setting.is_none_or(|setting| setting.kind != SettingType::Secret) {
            found.push(format!(
                "identity `{name}` needs a setting `{}` of the type `secret`",
                identity.setting
            ));
        }
        if setting.is_some_and(|setting| setting.generate.is_some()) {
            found.push(format!("setting `{}` of identity `{name}` cannot have `generate`", identity.setting));
        }
        if !identity.format.fits(identity.key) {
            found.push(format!("identity `{name}`: its format holds no {} key", identity.key.word()));
        }
    }
    let Some(link) = &component.peering else { return found };
    for interface in link.also.iter().chain([&link.interface]) {
        if !component.provides.contains_key(interface) {
            found.push(format!("`peering` names the interface `{interface}`, which is not provided"));
        }
    }
    if let Some(name) = link.identity.as_ref().filter(|name| !component.identities.contains_key(*name)) {
        found.push(format!("`peering` names the identity `{name}`, which is not under `identities`"));
    }
    found
}
