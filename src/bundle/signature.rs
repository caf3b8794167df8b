//! `SHA256SUMS.sig`: an SSH signature over the list of all digests.
//!
//! The format is that of `ssh-keygen -Y sign`, so other tools check what netgen signs, and netgen
//! checks what they sign: with keys in an agent, on a token, or under a passphrase. netgen itself
//! signs with Ed25519 only, for which a signature is the same each time.

use std::fmt;

use ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey, PublicKey, SshSig};

/// The name of the file.
pub const SIGNATURE: &str = "SHA256SUMS.sig";
/// What a signature is for; one made for something else (a commit, a login) does not count.
pub const NAMESPACE: &str = "netgen-bundle";

/// Why a private key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// It is no private key of OpenSSH.
    NotAKey,
    /// It wants a passphrase.
    Encrypted,
    /// It is of another kind than Ed25519.
    Kind,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by_hand = format!("sign with `ssh-keygen -Y sign -n {NAMESPACE} -f <key> <bundle>/SHA256SUMS`");
        match self {
            Self::NotAKey => {
                f.write_str("it is no private key of OpenSSH; `ssh-keygen -t ed25519` makes one")
            }
            Self::Encrypted => write!(f, "it has a passphrase; {by_hand}, which asks for it"),
            Self::Kind => write!(f, "it is no Ed25519 key; {by_hand}"),
        }
    }
}

impl std::error::Error for KeyError {}

/// A key that signs bundles.
pub struct SigningKey(PrivateKey);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.fingerprint()).finish()
    }
}

impl SigningKey {
    /// Reads the text of a private key file.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn parse(text: &[u8]) -> Result<Self, KeyError> {
        let key = PrivateKey::from_openssh(text).map_err(|_| KeyError::NotAKey)?;
        if key.is_encrypted() {
            return Err(KeyError::Encrypted);
        }
        if key.algorithm() != Algorithm::Ed25519 {
            return Err(KeyError::Kind);
        }
        Ok(Self(key))
    }

    /// Its public half, as `ssh-keygen -l` shows it.
    pub fn fingerprint(&self) -> String {
        self.0.fingerprint(HashAlg::Sha256).to_string()
    }

    /// The content of [`SIGNATURE`] for the content of `SHA256SUMS`.
    ///
    /// # Errors
    /// The key is of another kind than the constructor lets through.
    pub fn sign(&self, sums: &[u8]) -> Result<String, KeyError> {
        let signature = self.0.sign(NAMESPACE, HashAlg::Sha512, sums).map_err(|_| KeyError::Kind)?;
        let mut text = signature.to_pem(LineEnding::LF).map_err(|_| KeyError::Kind)?;
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Ok(text)
    }
}

/// What is wrong with the signature of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureFault {
    /// There is none.
    Absent,
    /// It is no SSH signature.
    Malformed,
    /// It was made for something else than a bundle.
    Namespace(String),
    /// It does not fit `SHA256SUMS`.
    Wrong,
    /// The key that made it is not one of those that are trusted: its fingerprint.
    Stranger(String),
    /// netgen cannot check this kind of key.
    Kind(String),
}

impl fmt::Display for SignatureFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => write!(f, "there is no signature, `{SIGNATURE}`"),
            Self::Malformed => f.write_str("it is no SSH signature"),
            Self::Namespace(name) => {
                write!(f, "it was made for `{}`, not for `{NAMESPACE}`", name.escape_debug())
            }
            Self::Wrong => f.write_str("it does not fit `SHA256SUMS`"),
            Self::Stranger(fingerprint) => {
                write!(f, "it was made by {fingerprint}, which is none of the keys given")
            }
            Self::Kind(kind) => write!(
                f,
                "netgen checks Ed25519 keys, and this one is {kind}; `ssh-keygen -Y verify -n {NAMESPACE}` checks it"
            ),
        }
    }
}

/// Reads a signature and checks that it fits, whoever made it. Gives the key that made it.
pub(super) fn check(sums: &[u8], signature: &[u8]) -> Result<PublicKey, SignatureFault> {
    let signature = SshSig::from_pem(signature).map_err(|_| SignatureFault::Malformed)?;
    if signature.namespace() != NAMESPACE {
        return Err(SignatureFault::Namespace(signature.namespace().to_owned()));
    }
    let key = PublicKey::from(signature.public_key().clone());
    match signature.algorithm() {
        Algorithm::Ed25519 | Algorithm::SkEd25519 => {}
        other => return Err(SignatureFault::Kind(other.to_string())),
    }
    key.verify(NAMESPACE, sums, &signature).map_err(|_| SignatureFault::Wrong)?;
    Ok(key)
}

/// Keys whose signatures count.
#[derive(Clone, Debug, Default)]
pub struct TrustedKeys(Vec<Trusted>);

#[derive(Clone, Debug)]
struct Trusted {
    key: PublicKey,
    who: String,
}

impl TrustedKeys {
    /// Reads a file of public keys: `ssh-ed25519 AAAA... comment` lines, or the "allowed signers" of
    /// `ssh-keygen` with a principal and options before the key. `now` is in seconds since 1970, for
    /// the options `valid-after` and `valid-before`.
    ///
    /// # Errors
    /// The line, from 1, and what is wrong with it; line 0 is the file as a whole.
    pub fn parse(text: &str, now: i64) -> Result<Self, (usize, String)> {
        let mut keys = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line.contains("PRIVATE KEY") {
                return Err((index + 1, "a private key; give the public one, `<key>.pub`".to_owned()));
            }
            keys.extend(trusted(line, now).map_err(|why| (index + 1, why))?);
        }
        if keys.is_empty() {
            return Err((0, "no key in it may sign a bundle now".to_owned()));
        }
        Ok(Self(keys))
    }

    /// Checks that one of the keys made a signature. Gives the name that the file has for it.
    ///
    /// # Errors
    /// See [`SignatureFault`].
    pub fn check(&self, sums: &[u8], signature: Option<&[u8]>) -> Result<String, SignatureFault> {
        let key = check(sums, signature.ok_or(SignatureFault::Absent)?)?;
        let known = self.0.iter().find(|trusted| trusted.key.key_data() == key.key_data());
        let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
        match known {
            None => Err(SignatureFault::Stranger(fingerprint)),
            Some(known) if known.who.is_empty() => Ok(fingerprint),
            Some(known) => Ok(format!("{} ({fingerprint})", known.who)),
        }
    }
}

/// One line; `None` where its key may not sign bundles, or not now.
fn trusted(line: &str, now: i64) -> Result<Option<Trusted>, String> {
    const KINDS: &[&str] = &["ssh-", "sk-ssh-", "ecdsa-", "sk-ecdsa-"];
    let words = words(line);
    let at = words
        .iter()
        .position(|word| KINDS.iter().any(|kind| word.starts_with(kind)))
        .ok_or("no public key of OpenSSH")?;
    let (before, key) = words.split_at(at);
    let mut key = PublicKey::from_openssh(&key.join(" ")).map_err(|_| "no public key of OpenSSH")?;
    let Some((principals, options)) = before.split_first() else {
        return Ok(Some(Trusted { who: key.comment().to_string(), key }));
    };
    key.set_comment("");
    for option in options.iter().flat_map(|options| split_outside_quotes(options, ',')) {
        let (name, value) = option.split_once('=').unwrap_or((option.as_str(), ""));
        let value = value.trim_matches('"');
        let counts = match name.to_ascii_lowercase().as_str() {
            "namespaces" => value.split(',').any(|pattern| fits(pattern, NAMESPACE)),
            "valid-after" => seconds(value)? <= now,
            "valid-before" => now < seconds(value)?,
            "cert-authority" => return Err("certificates are not supported; name the key itself".to_owned()),
            _ => return Err(format!("the option `{}` is not known", name.escape_debug())),
        };
        if !counts {
            return Ok(None);
        }
    }
    Ok(Some(Trusted { key, who: principals.clone() }))
}

/// Words with spaces between them, where quotes hold spaces.
fn words(line: &str) -> Vec<String> {
    split_outside_quotes(line, ' ').into_iter().filter(|word| !word.is_empty()).collect()
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        quoted ^= c == '"';
        let is_separator = c == separator || (separator == ' ' && c == '\t');
        if is_separator && !quoted {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts
}

/// Whether a name fits a pattern with `*` and `?`.
fn fits(pattern: &str, name: &str) -> bool {
    let name = name.as_bytes();
    // How much of the name the pattern so far can take.
    let mut ends = vec![0];
    for p in pattern.bytes() {
        ends = match p {
            b'*' => ends.first().map_or_else(Vec::new, |first| (*first..=name.len()).collect()),
            p => {
                let next = ends.iter().filter(|end| name.get(**end).is_some_and(|c| p == b'?' || *c == p));
                next.map(|end| end + 1).collect()
            }
        };
    }
    ends.last() == Some(&name.len())
}

/// A moment like `20270131` or `202701311200Z`. Without `Z` it would depend on the machine's time
/// zone, so then only whole days are taken, as of UTC.
fn seconds(text: &str) -> Result<i64, String> {
    let refuse = || format!("`{}` is no moment: write `YYYYMMDDHHMMZ`", text.escape_debug());
    let (digits, zulu) = text.strip_suffix('Z').map_or((text, false), |digits| (digits, true));
    let lengths: &[usize] = if zulu { &[8, 12, 14] } else { &[8] };
    if !lengths.contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(refuse());
    }
    let full = format!("{digits:0<14}");
    jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", &full)
        .and_then(|moment| moment.to_zoned(jiff::tz::TimeZone::UTC))
        .map(|moment| moment.timestamp().as_second())
        .map_err(|_| refuse())
}
