//! Public keys and what each network calls their owner.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k256::elliptic_curve::sec1::ToSec1Point as _;
use sha2::Digest as _;

use super::{KeyType, hex, unhex};

/// A public key: 33 bytes compressed for secp256k1, 32 for ed25519 and x25519; always a point of its curve.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey {
    kind: KeyType,
    bytes: Vec<u8>,
}

/// Why a text is no public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicKeyError {
    /// Not hexadecimal, or of another length.
    Form,
    /// No point of the curve.
    NoPoint,
}

impl PublicKey {
    /// Reads [`Self::to_hex`].
    pub fn from_hex(kind: KeyType, text: &str) -> Result<Self, PublicKeyError> {
        let bytes = unhex(text).ok_or(PublicKeyError::Form)?;
        match kind {
            KeyType::Secp256k1 if bytes.len() == 33 => {
                let key = k256::PublicKey::from_sec1_bytes(&bytes).map_err(|_| PublicKeyError::NoPoint)?;
                Ok(Self::of_secp256k1(&key))
            }
            KeyType::Ed25519 => {
                let bytes: [u8; 32] = bytes.try_into().map_err(|_| PublicKeyError::Form)?;
                let key =
                    ed25519_dalek::VerifyingKey::from_bytes(&bytes).map_err(|_| PublicKeyError::NoPoint)?;
                Ok(Self::of_ed25519(&key))
            }
            KeyType::X25519 => {
                let bytes: [u8; 32] = bytes.try_into().map_err(|_| PublicKeyError::Form)?;
                // Any 32 bytes are a point (RFC 7748); these are one that nobody has the key of.
                if bytes == [0; 32] { Err(PublicKeyError::NoPoint) } else { Ok(Self::of_x25519(bytes)) }
            }
            KeyType::Secp256k1 => Err(PublicKeyError::Form),
        }
    }

    pub(super) fn of_x25519(bytes: [u8; 32]) -> Self {
        Self { kind: KeyType::X25519, bytes: bytes.to_vec() }
    }

    pub(super) fn of_secp256k1(key: &k256::PublicKey) -> Self {
        Self { kind: KeyType::Secp256k1, bytes: key.to_sec1_point(true).as_bytes().to_vec() }
    }

    pub(super) fn of_ed25519(key: &ed25519_dalek::VerifyingKey) -> Self {
        Self { kind: KeyType::Ed25519, bytes: key.to_bytes().to_vec() }
    }

    pub(super) fn none(kind: KeyType) -> Self {
        Self { kind, bytes: Vec::new() }
    }

    /// The curve.
    pub fn kind(&self) -> KeyType {
        self.kind
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Hexadecimal: 66 digits (compressed) for secp256k1, 64 for the others.
    pub fn to_hex(&self) -> String {
        hex(&self.bytes)
    }

    /// The 64 bytes of an uncompressed secp256k1 point, without the leading 04.
    fn point(&self) -> Option<Vec<u8>> {
        if self.kind != KeyType::Secp256k1 {
            return None;
        }
        let key = k256::PublicKey::from_sec1_bytes(&self.bytes).ok()?;
        key.to_sec1_point(false).as_bytes().get(1..).map(<[u8]>::to_vec)
    }

    /// The 128 digits before the `@` of an enode URL (devp2p: enode URL format, v4 identity scheme).
    pub fn enode_id(&self) -> Option<String> {
        self.point().map(|point| hex(&point))
    }

    /// The node id of discovery: Keccak-256 of the uncompressed point (EIP-778, identity scheme v4).
    pub fn node_id(&self) -> Option<String> {
        self.point().map(|point| hex(&sha3::Keccak256::digest(point)))
    }

    /// The libp2p peer id in base58: the identity multihash (00, length) of the protobuf of the key.
    ///
    /// The protobuf is `Type` (field 1: 1 for ed25519, 2 for secp256k1) and `Data` (field 2); both keys
    /// stay below the 42 bytes up to which a peer id is no hash (libp2p specs, peer-ids).
    ///
    /// A key of x25519 names nobody in libp2p.
    pub fn peer_id(&self) -> Option<String> {
        let number = match self.kind {
            KeyType::Ed25519 => 1,
            KeyType::Secp256k1 => 2,
            KeyType::X25519 => return None,
        };
        // 33 bytes at most: the length is one byte of a varint.
        let length = u8::try_from(self.bytes.len()).unwrap_or(0);
        let mut encoded = vec![0x00, length + 4, 0x08, number, 0x12, length];
        encoded.extend_from_slice(&self.bytes);
        Some(bs58::encode(encoded).into_string())
    }

    /// The name of its owner for people: the peer id, or the key as WireGuard writes it.
    pub fn name(&self) -> String {
        self.peer_id().unwrap_or_else(|| self.base64())
    }

    /// The address of CometBFT: the first 20 bytes of SHA-256 of the key, as 40 upper-case digits. The
    /// node id of `id@host:port` is the same in lower case (CometBFT spec, core/data structures and p2p).
    pub fn cometbft_address(&self) -> Option<String> {
        if self.kind != KeyType::Ed25519 {
            return None;
        }
        let digest = sha2::Sha256::digest(&self.bytes);
        digest.get(..20).map(|short| hex(short).to_uppercase())
    }

    /// The first 20 bytes of Keccak-256 of an ed25519 key, as 40 digits: how applications on Malachite
    /// call a validator (ultramarine: crates/types/src/address.rs).
    pub fn keccak_address(&self) -> Option<String> {
        if self.kind != KeyType::Ed25519 {
            return None;
        }
        let digest = sha3::Keccak256::digest(&self.bytes);
        digest.get(..20).map(hex)
    }

    /// The key in base64, as CometBFT and Malachite write it in JSON, and WireGuard everywhere.
    pub fn base64(&self) -> String {
        STANDARD.encode(&self.bytes)
    }

    /// The key in base58, as Solana writes addresses.
    pub fn base58(&self) -> String {
        bs58::encode(&self.bytes).into_string()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({} {})", self.kind.word(), self.to_hex())
    }
}

impl fmt::Display for PublicKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "not the hexadecimal digits of such a key",
            Self::NoPoint => "no point of the curve",
        })
    }
}
