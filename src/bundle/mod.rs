//! The bundle: every artifact as bytes under a path, its digests, and its way to disk and back.
//!
//! A [`Bundle`] is filled, then sealed: [`Sealed`] has `bundle.json` and `SHA256SUMS` too and is what can
//! be written ([`write()`]), compared with a folder ([`compare()`]) or packed. Its files are in memory, or
//! went straight into the new folder that a build makes ([`Spool`]). Only `write/` changes anything on disk.

mod archive;
mod compare;
mod disk;
mod file;
mod manifest;
mod part;
mod path;
mod provenance;
mod signature;
mod tree;
mod verify;
mod write;

#[cfg(test)]
#[cfg(unix)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hashed::HashMap;

pub use archive::pack;
pub use compare::{Comparison, compare};
pub use disk::{ReadError, Stamp, stamp};
pub use file::{File, InMemory, Keep};
pub use manifest::{
    BUNDLE_JSON, Entry, Generator, Header, Input, Manifest, NETWORK_JSON, REPORT_PAGE, SCHEMA_VERSION,
    SHA256SUMS, Sealed,
};
pub use part::{Part, PartError, group, host as host_of_path};
pub use path::{BundlePath, PathError};
pub use provenance::{PROVENANCE, Request, Statement};
pub use signature::{KeyError, NAMESPACE, SIGNATURE, SignatureFault, SigningKey, TrustedKeys};
pub use tree::{Tree, open, open_archive};
pub use verify::{Fault, Mismatch, VerifyError, verify};
pub use write::{Sight, Spool, WriteError, WriteReport, replace_file, write};

/// The permissions of a file. A bundle has no others, so it is the same under every umask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Mode {
    /// Read by all, written by the owner: 0644.
    #[serde(rename = "0644")]
    Regular,
    /// The same, and can be run: 0755.
    #[serde(rename = "0755")]
    Executable,
}

impl Mode {
    /// The permission bits.
    pub fn bits(self) -> u32 {
        match self {
            Self::Regular => 0o644,
            Self::Executable => 0o755,
        }
    }
}

/// Files by path. Every set of paths it takes can stand on every usual file system.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    files: BTreeMap<BundlePath, File>,
    /// Every file and folder by its name in lower case, with the file that brought it in, whose path begins
    /// with the name as it was spelled.
    taken: HashMap<String, BundlePath>,
}

/// Two paths that cannot stand in one bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InsertError {
    /// The path is there already.
    Duplicate(BundlePath),
    /// Two files or folders differ only in upper and lower case, which some file systems ignore.
    Case(BundlePath, BundlePath),
    /// The first is a file, and the second needs a folder of that name.
    FileAndFolder(BundlePath, BundlePath),
}

impl fmt::Display for InsertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate(path) => write!(f, "`{path}` is in the bundle twice"),
            Self::Case(one, other) => write!(f, "`{one}` and `{other}` differ only in upper and lower case"),
            Self::FileAndFolder(file, other) => {
                write!(f, "`{file}` is a file, and `{other}` needs a folder of that name")
            }
        }
    }
}

impl std::error::Error for InsertError {}

impl Bundle {
    /// An empty bundle.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    ///
    /// # Errors
    /// The path clashes with one that is there; the bundle stays as it was.
    pub fn insert(&mut self, path: BundlePath, file: File) -> Result<(), InsertError> {
        for name in self.room_for(&path)? {
            self.taken.entry(name.to_ascii_lowercase()).or_insert_with(|| path.clone());
        }
        self.files.insert(path, file);
        Ok(())
    }

    /// The names that a file at a path brings in, where it can stand there.
    fn room_for<'p>(&self, path: &'p BundlePath) -> Result<Vec<&'p str>, InsertError> {
        let (name, mut names) = (path.as_str(), Vec::new());
        // Most files stand in a folder that is there, and came with all that are above it.
        if !name.rsplit_once('/').is_some_and(|(folder, _)| self.has_folder(folder)) {
            for folder in path.folders() {
                if let Some(by) = self.taken.get(&folder.to_ascii_lowercase()) {
                    if !by.as_str().starts_with(folder) {
                        return Err(InsertError::Case(by.clone(), path.clone()));
                    }
                    if by.as_str() == folder {
                        return Err(InsertError::FileAndFolder(by.clone(), path.clone()));
                    }
                }
                names.push(folder);
            }
        }
        if let Some(by) = self.taken.get(&name.to_ascii_lowercase()) {
            let (by, path) = (by.clone(), path.clone());
            return Err(if !by.as_str().starts_with(path.as_str()) {
                InsertError::Case(by, path)
            } else if by == path {
                InsertError::Duplicate(path)
            } else {
                InsertError::FileAndFolder(path, by)
            });
        }
        names.push(name);
        Ok(names)
    }

    /// Whether there is a folder of this name, in this spelling.
    fn has_folder(&self, folder: &str) -> bool {
        let by = self.taken.get(&folder.to_ascii_lowercase());
        by.is_some_and(|by| by.as_str().starts_with(folder) && by.as_str() != folder)
    }

    /// The file at a path.
    pub fn get(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }

    /// Every file by path, sorted.
    pub fn files(&self) -> impl ExactSizeIterator<Item = (&BundlePath, &File)> {
        self.files.iter()
    }

    /// The number of files.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// One SHA-256 over every path, mode and digest of a content, in hexadecimal. Equal bundles have equal
    /// digests, and each part is preceded by its length, so different ones do not.
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        for (path, file) in &self.files {
            for part in [path.as_str().as_bytes(), &file.mode.bits().to_be_bytes(), file.sha256().as_bytes()]
            {
                hasher.update((part.len() as u64).to_be_bytes());
                hasher.update(part);
            }
        }
        hex(&hasher.finalize())
    }
}

/// The SHA-256 of some bytes in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}
