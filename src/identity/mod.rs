//! Keys by which nodes know each other, and the ids and texts that clients make of them.
//!
//! A secret key exists only inside a [`SecretKey`], which wipes its memory and has no `Debug` that
//! shows anything. Everything else here is public. Nothing reads a file or a random source.

mod address;
mod format;
mod public;
mod registry;
mod secret;

pub use address::{AddressError, address};
pub use format::{KEY_FOLDER, KeyFormat, KeyTextError};
pub use public::{PublicKey, PublicKeyError};
pub use registry::{Identity, KeyPlace, Registry};
pub use secret::SecretKey;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The curve of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeyType {
    /// The curve of Ethereum's node keys: devp2p, ENR, libp2p of the beacon chain.
    Secp256k1,
    /// The curve of CometBFT, Malachite, Solana and most of libp2p.
    Ed25519,
    /// The key agreement of WireGuard.
    X25519,
}

impl KeyType {
    /// The word of every file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Secp256k1 => "secp256k1",
            Self::Ed25519 => "ed25519",
            Self::X25519 => "x25519",
        }
    }
}

/// Bytes as lower-case hexadecimal.
fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

/// Hexadecimal of either case, without prefix.
fn unhex(text: &str) -> Option<Vec<u8>> {
    base16ct::mixed::decode_vec(text).ok()
}

#[cfg(test)]
mod tests;
