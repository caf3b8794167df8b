//! Secret keys.

use std::fmt;

use zeroize::Zeroizing;

use super::{KeyType, PublicKey};

/// Draws that may fail before a source of random bytes is called broken: a draw is outside the range
/// of secp256k1 with a chance of 2^-128.
const DRAWS: usize = 8;

/// A secret key: 32 bytes that are wiped when it goes.
///
/// For ed25519 they are the seed of RFC 8032, for secp256k1 the scalar, big-endian; for x25519 what RFC
/// 7748 makes a scalar of.
pub struct SecretKey {
    kind: KeyType,
    bytes: Zeroizing<[u8; 32]>,
}

impl SecretKey {
    /// A key of these bytes; `None` where the curve has no such key.
    pub fn from_bytes(kind: KeyType, bytes: &[u8]) -> Option<Self> {
        let mut held = Zeroizing::new([0_u8; 32]);
        if bytes.len() != held.len() {
            return None;
        }
        held.copy_from_slice(bytes);
        if kind == KeyType::Secp256k1 && k256::SecretKey::from_slice(held.as_slice()).is_err() {
            return None;
        }
        Some(Self { kind, bytes: held })
    }

    /// A new key from a source of random bytes; `None` where the source gives no usable key.
    pub fn generate<E>(
        kind: KeyType,
        mut fill: impl FnMut(&mut [u8]) -> Result<(), E>,
    ) -> Result<Option<Self>, E> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        for _ in 0..DRAWS {
            fill(bytes.as_mut_slice())?;
            // A source that gives only zeros is no source.
            if bytes.iter().any(|byte| *byte != 0)
                && let Some(key) = Self::from_bytes(kind, bytes.as_slice())
            {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    /// The curve.
    pub fn kind(&self) -> KeyType {
        self.kind
    }

    /// The 32 bytes.
    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// The public key that belongs to it.
    pub fn public(&self) -> PublicKey {
        match self.kind {
            KeyType::Secp256k1 => match k256::SecretKey::from_slice(self.bytes.as_slice()) {
                Ok(key) => PublicKey::of_secp256k1(&key.public_key()),
                // The bytes were tried when the key was made.
                Err(_) => PublicKey::none(self.kind),
            },
            KeyType::Ed25519 => {
                let key = ed25519_dalek::SigningKey::from_bytes(&self.bytes);
                PublicKey::of_ed25519(&key.verifying_key())
            }
            KeyType::X25519 => {
                let point = curve25519_dalek::MontgomeryPoint::mul_base_clamped(*self.bytes);
                PublicKey::of_x25519(point.to_bytes())
            }
        }
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({}, ..)", self.kind.word())
    }
}
