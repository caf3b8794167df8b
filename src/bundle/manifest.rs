//! `bundle.json` and `SHA256SUMS`: what a bundle says about itself.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::disk::{self, NoManifest, ReadError};
use super::part::Part;
use super::signature::{KeyError, SIGNATURE, SigningKey};
use super::{Bundle, BundlePath, File, InsertError, Mode};

/// The name of the file that lists a bundle.
pub const BUNDLE_JSON: &str = "bundle.json";
/// The name of the file that describes the network for programs, and for `netgen diff`.
pub const NETWORK_JSON: &str = "network.json";
/// The page that shows the network to people.
pub const REPORT_PAGE: &str = "report/index.html";
/// The name of the file that `sha256sum -c` reads.
pub const SHA256SUMS: &str = "SHA256SUMS";
/// The version of `bundle.json`; it changes only when an older netgen could misread it.
pub const SCHEMA_VERSION: u32 = 1;
/// Who writes bundles.
pub(super) const GENERATOR: &str = "netgen";

/// The content of `bundle.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Manifest {
    /// The version of this format: 1.
    pub schema_version: u32,
    /// What made the bundle.
    pub generator: Generator,
    /// What it was made from.
    #[serde(flatten)]
    pub header: Header,
    /// Every file but `bundle.json`, `SHA256SUMS` and `SHA256SUMS.sig`, by path.
    pub files: Vec<Entry>,
}

/// What made a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Generator {
    /// `netgen`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What a bundle was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Header {
    /// The name of the network.
    pub network: String,
    /// Whether the manifest says that this is a production network.
    pub production: bool,
    /// Whether every image is pinned by digest. `verify --production` refuses a bundle that is not.
    pub pinned: bool,
    /// What went in: the manifest (all its files together, by what they say), the lock, and the data
    /// of each component.
    pub inputs: Vec<Input>,
    /// What was built, where it was not the whole bundle. `verify --production` refuses that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
}

/// A file that went into a bundle.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// The path as it was given, never absolute.
    pub path: String,
    /// The SHA-256 of the content in hexadecimal.
    pub sha256: String,
}

/// A file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// The path inside the bundle.
    pub path: BundlePath,
    /// The SHA-256 of the content in hexadecimal.
    pub sha256: String,
    /// The number of bytes.
    pub size: u64,
    /// The permissions.
    pub mode: Mode,
}

impl Manifest {
    fn new(bundle: &Bundle, mut header: Header) -> Self {
        header.inputs.sort();
        let generator =
            Generator { name: GENERATOR.to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
        let files = bundle.files().map(|(path, file)| Entry::new(path, file)).collect();
        Self { schema_version: SCHEMA_VERSION, generator, header, files }
    }

    /// Reads `bundle.json`.
    ///
    /// # Errors
    /// A reason in words: not JSON of this shape, not written by netgen, or by a newer one.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        /// What every version has, judged first: a newer one may have changed all the rest.
        #[derive(Deserialize)]
        #[serde(expecting = "a map with `schema_version` and `generator`")]
        struct Head {
            schema_version: u32,
            generator: Generator,
        }
        let whole = serde_json::from_slice::<Self>(bytes);
        let head = match &whole {
            Ok(Self { schema_version, generator, .. }) => {
                Head { schema_version: *schema_version, generator: generator.clone() }
            }
            Err(_) => serde_json::from_slice(bytes).map_err(|error| error.to_string())?,
        };
        if head.generator.name != GENERATOR {
            return Err("it was not written by netgen".to_owned());
        }
        if head.schema_version != SCHEMA_VERSION {
            let (found, version) = (head.schema_version, head.generator.version);
            return Err(format!(
                "it has version {found}, written by netgen {version}; known is {SCHEMA_VERSION}"
            ));
        }
        whole.map_err(|error| error.to_string())
    }

    /// The bytes of `bundle.json`.
    pub fn to_json(&self) -> String {
        // Strings, numbers and lists: the serializer has nothing to refuse.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The text of `SHA256SUMS` for this manifest, itself (as `bundle.json`, with its digest) included.
    pub(super) fn sums(&self, own_digest: &str) -> String {
        let listed = self.files.iter().map(|entry| (entry.path.as_str(), entry.sha256.as_str()));
        let sorted: BTreeMap<&str, &str> = listed.chain([(BUNDLE_JSON, own_digest)]).collect();
        sorted.iter().map(|(path, digest)| format!("{digest}  {path}\n")).collect()
    }
}

impl Entry {
    fn new(path: &BundlePath, file: &File) -> Self {
        Self { path: path.clone(), sha256: file.sha256(), size: file.size(), mode: file.mode }
    }

    /// The bytes of its digest; `None` for what is none.
    pub(super) fn digest(&self) -> Option<[u8; 32]> {
        let mut digest = [0; 32];
        let read = base16ct::lower::decode(&self.sha256, &mut digest).ok()?.len();
        (read == digest.len()).then_some(digest)
    }
}

/// A bundle with its `bundle.json` and `SHA256SUMS`; nothing can be added any more.
#[derive(Clone, Debug)]
pub struct Sealed {
    bundle: Bundle,
    manifest: Manifest,
    sums: Vec<u8>,
}

impl Sealed {
    /// The typed content of `bundle.json`.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The bytes of `SHA256SUMS`.
    pub fn sums(&self) -> &[u8] {
        &self.sums
    }

    /// The bundle that stands whole in a folder, without a signature; `None` where a file is missing or not
    /// as it was written. Its bytes stay there.
    ///
    /// # Errors
    /// Something cannot be read.
    pub fn standing(folder: &Path) -> Result<Option<Self>, ReadError> {
        let manifest = match disk::manifest(folder) {
            Ok((manifest, _)) => manifest,
            Err(NoManifest::Invalid(_)) => return Ok(None),
            Err(NoManifest::Unreadable(error)) => return Err(error),
        };
        let stands = |entry: &Entry| File::standing(folder.join(entry.path.as_str()), entry);
        let found: Vec<Option<File>> = manifest.files.par_iter().map(stands).collect::<Result<_, _>>()?;
        let mut bundle = Bundle::new();
        for (entry, file) in manifest.files.into_iter().zip(found) {
            let inserted = file.map(|file| bundle.insert(entry.path, file));
            if !matches!(inserted, Some(Ok(()))) {
                return Ok(None);
            }
        }
        Ok(bundle.seal(manifest.header).ok())
    }

    /// Every file by path, and what the bundle says about itself.
    pub fn into_files(self) -> (BTreeMap<BundlePath, File>, Manifest) {
        (self.bundle.files, self.manifest)
    }

    /// Adds `SHA256SUMS.sig`.
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn signed(mut self, key: &SigningKey) -> Result<Self, KeyError> {
        let signature = File::regular(key.sign(self.sums())?);
        // Sealing has kept the name free.
        let _ = self.bundle.insert(BundlePath::constant(SIGNATURE), signature);
        Ok(self)
    }
}

impl std::ops::Deref for Sealed {
    type Target = Bundle;
    fn deref(&self) -> &Bundle {
        &self.bundle
    }
}

impl Bundle {
    /// Adds `bundle.json` and `SHA256SUMS`.
    ///
    /// # Errors
    /// One of the names is taken, or that of the signature.
    pub fn seal(mut self, header: Header) -> Result<Sealed, InsertError> {
        // The name of the signature must be free, for it may be made later.
        self.room_for(&BundlePath::constant(SIGNATURE))?;
        let manifest = Manifest::new(&self, header);
        let json = File::regular(manifest.to_json());
        let sums = manifest.sums(&json.sha256());
        self.insert(BundlePath::constant(BUNDLE_JSON), json)?;
        self.insert(BundlePath::constant(SHA256SUMS), File::regular(sums.as_str()))?;
        Ok(Sealed { bundle: self, manifest, sums: sums.into_bytes() })
    }
}
