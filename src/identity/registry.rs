//! The identities that are known: what the lock says, in a form that every stage can read.

use std::collections::BTreeMap;

use super::PublicKey;

/// Where the secret half of an identity is kept, relative to the manifest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyPlace {
    /// A plain file.
    File(String),
    /// A file that sops encrypted; the key stands under `data`.
    Sops(String),
    /// A file that age encrypted.
    Age(String),
    /// Where the manifest says.
    Manifest,
}

/// One identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The public key.
    pub public: PublicKey,
    /// Where the secret key is.
    pub place: KeyPlace,
}

/// Identities by service and name.
#[derive(Clone, Debug, Default)]
pub struct Registry(BTreeMap<String, BTreeMap<String, Identity>>);

impl Registry {
    /// Adds an identity.
    pub fn insert(&mut self, service: &str, name: &str, identity: Identity) {
        self.0.entry(service.to_owned()).or_default().insert(name.to_owned(), identity);
    }

    /// An identity of a service.
    pub fn get(&self, service: &str, name: &str) -> Option<&Identity> {
        self.0.get(service)?.get(name)
    }
}
