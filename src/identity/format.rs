//! The files in which programs keep a secret key.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use super::{KeyType, SecretKey, hex, unhex};

/// The form of a key file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeyFormat {
    /// The 32 secret bytes as 64 hexadecimal digits, without prefix and newline.
    Hex,
    /// CometBFT's `node_key.json`.
    CometbftNode,
    /// CometBFT's `priv_validator_key.json`.
    CometbftValidator,
    /// Malachite's `priv_validator_key.json`: type and value of the secret key alone.
    Malachite,
    /// The keypair file of Solana's tools: a JSON list of 64 numbers, secret and public half.
    Solana,
    /// A private key of WireGuard: base64, one line.
    Wireguard,
}

/// Why a text is no key. It never repeats a part of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyTextError {
    /// Not of the form.
    Form,
    /// Of the form, but the curve has no such key.
    Invalid,
    /// The public half beside it belongs to another key.
    Mismatch,
}

/// The folder of secret keys beside the manifest, unless another one is named.
pub const KEY_FOLDER: &str = "secrets";

const PRIVATE: &str = "tendermint/PrivKeyEd25519";
const PUBLIC: &str = "tendermint/PubKeyEd25519";

#[derive(Deserialize)]
struct NodeKey {
    priv_key: Typed,
}

#[derive(Deserialize)]
struct ValidatorKey {
    address: String,
    pub_key: Typed,
    priv_key: Typed,
}

/// Wiped when it goes: the value may be secret.
#[derive(Deserialize)]
struct Typed {
    #[serde(rename = "type")]
    kind: String,
    value: String,
}

impl Drop for Typed {
    fn drop(&mut self) {
        self.value.zeroize();
    }
}

impl KeyFormat {
    /// Whether keys of a curve can be kept in this form.
    pub fn fits(self, kind: KeyType) -> bool {
        match self {
            Self::Hex => true,
            Self::Wireguard => kind == KeyType::X25519,
            Self::CometbftNode | Self::CometbftValidator | Self::Malachite | Self::Solana => {
                kind == KeyType::Ed25519
            }
        }
    }

    /// The path of the plain key file of an identity in a folder.
    pub fn file(self, folder: &str, service: &str, name: &str) -> String {
        format!("{folder}/{service}.{name}.{}", self.suffix())
    }

    /// The end of the file name, without a dot.
    fn suffix(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Wireguard => "key",
            Self::CometbftNode | Self::CometbftValidator | Self::Malachite | Self::Solana => "json",
        }
    }

    /// The text of the file.
    pub fn encode(self, key: &SecretKey) -> Zeroizing<String> {
        let public = key.public();
        let pair = || {
            let mut pair = Zeroizing::new([0_u8; 64]);
            let (secret, rest) = pair.split_at_mut(32);
            secret.copy_from_slice(key.bytes());
            rest.iter_mut().zip(public.bytes()).for_each(|(to, from)| *to = *from);
            pair
        };
        let pair64 = || Zeroizing::new(STANDARD.encode(pair().as_slice()));
        Zeroizing::new(match self {
            Self::Hex => hex(key.bytes()),
            Self::Wireguard => format!("{}\n", *Zeroizing::new(STANDARD.encode(key.bytes()))),
            Self::CometbftNode => {
                format!(r#"{{"priv_key":{{"type":"{PRIVATE}","value":"{}"}}}}"#, *pair64())
            }
            Self::CometbftValidator => format!(
                r#"{{"address":"{}","pub_key":{{"type":"{PUBLIC}","value":"{}"}},"priv_key":{{"type":"{PRIVATE}","value":"{}"}}}}"#,
                public.cometbft_address().unwrap_or_default(),
                STANDARD.encode(public.bytes()),
                *pair64()
            ),
            Self::Malachite => {
                let seed = Zeroizing::new(STANDARD.encode(key.bytes()));
                format!(r#"{{"type":"{PRIVATE}","value":"{}"}}"#, *seed)
            }
            Self::Solana => {
                let pair = pair();
                // Three digits and a comma a byte: the text never moves in memory.
                let mut text = String::with_capacity(64 * 4 + 2);
                for (index, byte) in pair.iter().enumerate() {
                    text.push(if index == 0 { '[' } else { ',' });
                    text.push_str(&byte.to_string());
                }
                text.push(']');
                text
            }
        })
    }

    /// Reads the text of a file; white space around it is no matter.
    pub fn decode(self, kind: KeyType, text: &str) -> Result<SecretKey, KeyTextError> {
        let text = text.trim();
        match self {
            Self::Hex => {
                let digits = text.strip_prefix("0x").unwrap_or(text);
                let bytes =
                    Zeroizing::new(unhex(digits).filter(|b| b.len() == 32).ok_or(KeyTextError::Form)?);
                SecretKey::from_bytes(kind, &bytes).ok_or(KeyTextError::Invalid)
            }
            Self::Wireguard => {
                let bytes = Zeroizing::new(STANDARD.decode(text).map_err(|_| KeyTextError::Form)?);
                SecretKey::from_bytes(kind, &bytes).ok_or(KeyTextError::Form)
            }
            Self::CometbftNode => {
                let file: NodeKey = serde_json::from_str(text).map_err(|_| KeyTextError::Form)?;
                pair_of(kind, &bytes_of(&file.priv_key, PRIVATE)?)
            }
            Self::CometbftValidator => {
                let file: ValidatorKey = serde_json::from_str(text).map_err(|_| KeyTextError::Form)?;
                let key = pair_of(kind, &bytes_of(&file.priv_key, PRIVATE)?)?;
                let public = key.public();
                let same = bytes_of(&file.pub_key, PUBLIC)?.as_slice() == public.bytes()
                    && public.cometbft_address().is_some_and(|own| own.eq_ignore_ascii_case(&file.address));
                if same { Ok(key) } else { Err(KeyTextError::Mismatch) }
            }
            Self::Malachite => {
                let file: Typed = serde_json::from_str(text).map_err(|_| KeyTextError::Form)?;
                SecretKey::from_bytes(kind, &bytes_of(&file, PRIVATE)?).ok_or(KeyTextError::Form)
            }
            Self::Solana => {
                let bytes: Vec<u8> = serde_json::from_str(text).map_err(|_| KeyTextError::Form)?;
                pair_of(kind, &Zeroizing::new(bytes))
            }
        }
    }
}

fn bytes_of(typed: &Typed, wanted: &str) -> Result<Zeroizing<Vec<u8>>, KeyTextError> {
    if typed.kind != wanted {
        return Err(KeyTextError::Form);
    }
    STANDARD.decode(&typed.value).map(Zeroizing::new).map_err(|_| KeyTextError::Form)
}

/// The key of a secret and a public half, which must belong together.
fn pair_of(kind: KeyType, pair: &[u8]) -> Result<SecretKey, KeyTextError> {
    if pair.len() != 64 {
        return Err(KeyTextError::Form);
    }
    let (secret, public) = pair.split_at(32);
    let key = SecretKey::from_bytes(kind, secret).ok_or(KeyTextError::Invalid)?;
    if key.public().bytes() == public { Ok(key) } else { Err(KeyTextError::Mismatch) }
}

impl fmt::Display for KeyTextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "it has not the form of such a key",
            Self::Invalid => "the curve has no such key",
            Self::Mismatch => "its public half belongs to another key",
        })
    }
}
