//! Public identities in the lock: who each service is for others.
//!
//! ```toml
//! [identity.node-1-execution.node]
//! key = "secp256k1"
//! public-key = "03ca63..."
//! node-id = "a448f2..."
//! peer-id = "16Uiu2..."
//! file = "secrets/node-1-execution.node.hex"
//! ```
//!
//! The ids follow from the key. They stand here for people and for reviews, and are compared with the
//! key when the lock is read. The secret half is only named, never held.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Lock;
use crate::diag::{Diagnostic, Sink, codes};
use crate::identity::{Identity, KeyFormat, KeyPlace, KeyType, PublicKey, Registry};
use crate::text::{Span, Spanned};
use crate::topology::{Mesh, SecretSource, Service, Topology};

/// Identities by service and name.
pub type Identities = BTreeMap<String, BTreeMap<String, LockedIdentity>>;

/// One public identity.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LockedIdentity {
    /// The curve.
    pub key: KeyType,
    /// The public key: 66 hexadecimal digits (compressed) for secp256k1, 64 for the others.
    pub public_key: Spanned<String>,
    /// The address in CometBFT; its node id is the same in lower case. Only for ed25519.
    #[serde(default)]
    pub address: Option<Spanned<String>>,
    /// The key in base58, as Solana writes it. Only for ed25519.
    #[serde(default)]
    pub base58: Option<Spanned<String>>,
    /// The node id of discovery (EIP-778). Only for secp256k1.
    #[serde(default)]
    pub node_id: Option<Spanned<String>>,
    /// The libp2p peer id. Not for x25519.
    #[serde(default)]
    pub peer_id: Option<Spanned<String>>,
    /// The plain file with the secret key, relative to the manifest.
    #[serde(default)]
    pub file: Option<String>,
    /// The file with the secret key that sops encrypted.
    #[serde(default)]
    pub sops: Option<String>,
    /// The file with the secret key that age encrypted.
    #[serde(default)]
    pub age: Option<String>,
}

impl LockedIdentity {
    /// The entry of an identity.
    pub fn new(identity: &Identity) -> Self {
        let Identity { public, place } = identity;
        let text = |text: Option<String>| text.map(Spanned::nowhere);
        let path = |wanted: bool, path: &String| wanted.then(|| path.clone());
        let (file, sops, age) = match place {
            KeyPlace::File(at) => (path(true, at), None, None),
            KeyPlace::Sops(at) => (None, path(true, at), None),
            KeyPlace::Age(at) => (None, None, path(true, at)),
            KeyPlace::Manifest => (None, None, None),
        };
        Self {
            key: public.kind(),
            public_key: Spanned::nowhere(public.to_hex()),
            address: text(public.cometbft_address()),
            base58: text((public.kind() == KeyType::Ed25519).then(|| public.base58())),
            node_id: text(public.node_id()),
            peer_id: text(public.peer_id()),
            file,
            sops,
            age,
        }
    }

    /// The identity, or where and why the entry is wrong.
    fn identity(&self) -> Result<Identity, (Span, String)> {
        let public = PublicKey::from_hex(self.key, &self.public_key)
            .map_err(|why| (self.public_key.span, format!("the public key is {why}")))?;
        let place = match (&self.file, &self.sops, &self.age) {
            (Some(file), None, None) => KeyPlace::File(file.clone()),
            (None, Some(file), None) => KeyPlace::Sops(file.clone()),
            (None, None, Some(file)) => KeyPlace::Age(file.clone()),
            (None, None, None) => KeyPlace::Manifest,
            _ => return Err((self.public_key.span, "the secret key is in several places".to_owned())),
        };
        let identity = Identity { public, place };
        let right = Self::new(&identity);
        for (name, written, right) in [
            ("address", &self.address, &right.address),
            ("base58", &self.base58, &right.base58),
            ("node-id", &self.node_id, &right.node_id),
            ("peer-id", &self.peer_id, &right.peer_id),
        ] {
            if let Some(written) = written.as_ref().filter(|written| right.as_ref() != Some(written)) {
                return Err((written.span, format!("`{name}` does not belong to the public key")));
            }
        }
        Ok(identity)
    }
}

/// Reports entries that contradict themselves.
pub(super) fn check(identities: &Identities, sink: &mut Sink) {
    for (service, names) in identities {
        for (name, locked) in names {
            if let Err((span, why)) = locked.identity() {
                sink.push(
                    Diagnostic::new(
                        &codes::BAD_LOCK,
                        span,
                        format!("identity `{name}` of `{service}`: {why}"),
                    )
                    .here("not as `netgen keys` writes it")
                    .help("take the entry out and run `netgen keys`, which makes it again from the key"),
                );
            }
        }
    }
}

/// The text of all entries.
pub(super) fn to_toml(identities: &Identities) -> String {
    let mut text = String::new();
    for (service, names) in identities {
        for (name, locked) in names {
            // Writing to a String cannot fail. Names are bare keys; paths may hold anything.
            let _ = writeln!(text, "\n[identity.{service}.{name}]\nkey = \"{}\"", locked.key.word());
            let _ = writeln!(text, "public-key = \"{}\"", locked.public_key);
            let ids = [
                ("address", &locked.address),
                ("base58", &locked.base58),
                ("node-id", &locked.node_id),
                ("peer-id", &locked.peer_id),
            ];
            for (key, id) in ids {
                if let Some(id) = id {
                    let _ = writeln!(text, "{key} = \"{id}\"");
                }
            }
            for (key, path) in [("file", &locked.file), ("sops", &locked.sops), ("age", &locked.age)] {
                if let Some(path) = path {
                    // A JSON string is a TOML string; writing one cannot fail.
                    let _ = writeln!(text, "{key} = {}", serde_json::to_string(path).unwrap_or_default());
                }
            }
        }
    }
    text
}

impl Lock {
    /// The identities that the lock holds; entries that contradict themselves are left out.
    pub fn identities(&self) -> Registry {
        let mut registry = Registry::default();
        for (service, names) in &self.identity {
            for (name, locked) in names {
                if let Ok(identity) = locked.identity() {
                    registry.insert(service, name, identity);
                }
            }
        }
        registry
    }

    /// Leaves out identities of services that the network does not have.
    pub fn keep_identities(&mut self, topology: &Topology) {
        let wanted: BTreeSet<(String, String)> =
            wanted_identities(topology).into_iter().map(|w| (w.service, w.name)).collect();
        for (service, names) in &mut self.identity {
            names.retain(|name, _| wanted.contains(&(service.clone(), name.clone())));
        }
        self.identity.retain(|_, names| !names.is_empty());
    }
}

/// An identity that a service has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedIdentity {
    /// The service.
    pub service: String,
    /// The name of the identity in its component.
    pub name: String,
    /// The curve.
    pub key: KeyType,
    /// The form of the key file.
    pub format: KeyFormat,
    /// Where the manifest says that the key is, where it does.
    pub declared: Option<SecretSource>,
    /// Where the service is defined.
    pub origin: Span,
}

/// The identities of all services, by service and name.
pub fn wanted_identities(topology: &Topology) -> Vec<WantedIdentity> {
    let of_services = topology.services.iter().flat_map(|service| of_service(topology, service));
    of_services.chain(topology.mesh.iter().flat_map(|mesh| of_mesh(topology, mesh))).collect()
}

/// The key by which each host is known in the mesh.
fn of_mesh<'t>(topology: &'t Topology, mesh: &'t Mesh) -> impl Iterator<Item = WantedIdentity> + 't {
    mesh.members.keys().map(move |host| WantedIdentity {
        service: topology.hosts[*host].name.clone(),
        name: Mesh::IDENTITY.to_owned(),
        key: Mesh::KEY,
        format: Mesh::FORMAT,
        declared: None,
        origin: mesh.origin,
    })
}

fn of_service<'t>(topology: &'t Topology, service: &'t Service) -> impl Iterator<Item = WantedIdentity> + 't {
    let mut identities: Vec<_> = service.component.identities.iter().collect();
    identities.sort_by_key(|(name, _)| name.as_str());
    identities.into_iter().map(|(name, identity)| {
        let declared = service
            .secrets
            .iter()
            .filter(|used| used.setting == identity.setting && used.declared)
            .map(|used| topology.secrets[used.secret].source.clone())
            .next();
        WantedIdentity {
            service: service.name.clone(),
            name: name.clone(),
            key: identity.key,
            format: identity.format,
            declared,
            origin: service.origin,
        }
    })
}
