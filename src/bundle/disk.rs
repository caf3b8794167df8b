//! Reading a folder that may be a bundle. Nothing here writes.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::manifest::{BUNDLE_JSON, Entry, Manifest, SHA256SUMS, Sealed};
use super::signature::SIGNATURE;
use super::{BundlePath, Mode, hex};

/// Something on disk that could not be used: what was tried, on what, and why it failed.
#[derive(Debug)]
pub struct ReadError {
    /// What was tried, as in "cannot read".
    pub action: &'static str,
    /// On what.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} `{}`: {}", self.action, self.path.display(), self.source)
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Gives an I/O error its path and action.
pub(super) fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ReadError {
    let path = path.to_owned();
    move |source| ReadError { action, path, source }
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Link,
    /// A socket, a pipe, a device.
    Other,
}

/// Something found in a folder; links are not followed.
#[derive(Debug)]
pub(super) struct Found {
    /// Relative to the folder.
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
    pub(super) meta: Metadata,
}

impl Found {
    /// The path, where it is one that a bundle could have.
    pub(super) fn bundle_path(&self) -> Option<BundlePath> {
        bundle_path(&self.path)
    }
}

/// A path relative to a bundle, where it is one that a bundle could have.
pub(super) fn bundle_path(path: &Path) -> Option<BundlePath> {
    let text = path.to_str()?;
    BundlePath::new(if cfg!(windows) { text.replace('\\', "/") } else { text.to_owned() }).ok()
}

/// Everything in a folder, sorted, each folder before what is in it.
pub(super) fn scan(root: &Path) -> Result<Vec<Found>, ReadError> {
    let walk = WalkDir::new(root).min_depth(1).follow_links(false).sort_by_file_name();
    let failed = |error: walkdir::Error| ReadError {
        action: "read",
        path: error.path().unwrap_or(root).to_owned(),
        // Without links to follow there are no loops, the one thing that is no I/O error.
        source: error.into_io_error().unwrap_or_else(|| io::ErrorKind::Other.into()),
    };
    walk.into_iter()
        .map(|entry| {
            let entry = entry.map_err(failed)?;
            let meta = entry.metadata().map_err(failed)?;
            let path = entry.path().strip_prefix(root).unwrap_or(entry.path()).to_owned();
            Ok(Found { path, kind: kind(&meta), meta })
        })
        .collect()
}

pub(super) fn kind(meta: &Metadata) -> Kind {
    let kind = meta.file_type();
    if kind.is_file() {
        Kind::File
    } else if kind.is_dir() {
        Kind::Folder
    } else if kind.is_symlink() {
        Kind::Link
    } else {
        Kind::Other
    }
}

/// What stands at a path, without following a link; `None` for nothing.
pub(super) fn look(path: &Path) -> Result<Option<Metadata>, ReadError> {
    match fs::symlink_metadata(path) {
        Ok(meta) => Ok(Some(meta)),
        // `a/b` where `a` is a file: nothing stands there either.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(failed("look at", path)(error)),
    }
}

/// The content of a file that is no link, pipe or device.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, ReadError> {
    fs::read(path).map_err(failed("read", path))
}

/// Whether a file has these very bytes; `meta` is what was seen of it.
pub(super) fn holds(path: &Path, meta: &Metadata, bytes: &[u8]) -> Result<bool, ReadError> {
    Ok(meta.len() == bytes.len() as u64 && read(path)? == bytes)
}

/// The SHA-256 of a file in hexadecimal, read piece by piece: it may be anything.
pub(super) fn digest(path: &Path) -> Result<String, ReadError> {
    let mut file = fs::File::open(path).map_err(failed("read", path))?;
    let mut hasher = Sha256::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hex(&hasher.finalize())),
            Ok(length) => hasher.update(buffer.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed("read", path)(error)),
        }
    }
}

/// Why a folder is no bundle.
#[derive(Debug)]
pub(super) enum NoManifest {
    /// There is no `bundle.json`, or it is none of ours: the reason in words.
    Invalid(String),
    Unreadable(ReadError),
}

/// The `bundle.json` of a folder and its digest.
pub(super) fn manifest(root: &Path) -> Result<(Manifest, String), NoManifest> {
    let path = root.join(BUNDLE_JSON);
    match look(&path).map_err(NoManifest::Unreadable)? {
        None => Err(NoManifest::Invalid(format!("it has no `{BUNDLE_JSON}`"))),
        Some(meta) if kind(&meta) != Kind::File => {
            Err(NoManifest::Invalid(format!("its `{BUNDLE_JSON}` is not a regular file")))
        }
        Some(_) => {
            let bytes = read(&path).map_err(NoManifest::Unreadable)?;
            match Manifest::parse(&bytes) {
                Ok(manifest) => Ok((manifest, super::sha256(&bytes))),
                Err(reason) => {
                    Err(NoManifest::Invalid(format!("its `{BUNDLE_JSON}` is not usable: {reason}")))
                }
            }
        }
    }
}

/// What netgen once wrote into a folder.
#[derive(Debug, Default)]
pub(super) struct Record {
    entries: BTreeMap<BundlePath, Entry>,
    /// The digests with which `bundle.json` and `SHA256SUMS` were written.
    own: Option<(String, String)>,
    /// The digest of the signature that stands there: nothing else vouches for it.
    signature: Option<String>,
}

/// Reads the record of a folder. `bundle.json` cannot vouch for itself: `SHA256SUMS` does.
pub(super) fn record(root: &Path) -> Result<Record, NoManifest> {
    let (manifest, _) = manifest(root)?;
    let sums = fs::read_to_string(root.join(SHA256SUMS)).unwrap_or_default();
    let written =
        sums.lines().find_map(|line| line.split_once("  ").filter(|(_, path)| *path == BUNDLE_JSON));
    let json = written.map_or("", |(digest, _)| digest);
    let own = (json.to_owned(), super::sha256(manifest.sums(json).as_bytes()));
    let entries = manifest.files.into_iter().map(|entry| (entry.path.clone(), entry)).collect();
    let signature = signature(&root.join(SIGNATURE)).map_err(NoManifest::Unreadable)?;
    Ok(Record { entries, own: Some(own), signature })
}

/// Whether the list of digests that stands in a folder is that of a bundle: then a signature fits on.
pub(super) fn has_sums_of(root: &Path, bundle: &Sealed) -> bool {
    fs::read(root.join(SHA256SUMS)).is_ok_and(|there| there == bundle.sums())
}

/// The digest of what stands in the place of the signature, if it is one.
fn signature(path: &Path) -> Result<Option<String>, ReadError> {
    if look(path)?.is_none_or(|meta| kind(&meta) != Kind::File) {
        return Ok(None);
    }
    let bytes = read(path)?;
    Ok(bytes.starts_with(b"-----BEGIN SSH SIGNATURE-----").then(|| super::sha256(&bytes)))
}

impl Record {
    /// The digest with which a path was written; `None` where netgen did not write it.
    pub(super) fn digest(&self, path: &BundlePath) -> Option<&str> {
        match (path.as_str(), &self.own) {
            (BUNDLE_JSON, Some((json, _))) => Some(json),
            (SHA256SUMS, Some((_, sums))) => Some(sums),
            (SIGNATURE, Some(_)) => self.signature.as_deref(),
            _ => self.entries.get(path).map(|entry| entry.sha256.as_str()),
        }
    }

    /// The mode with which a path was written.
    pub(super) fn mode(&self, path: &BundlePath) -> Option<Mode> {
        match (path.as_str(), &self.own) {
            (BUNDLE_JSON | SHA256SUMS, Some(_)) => Some(Mode::Regular),
            (SIGNATURE, Some(_)) => self.signature.as_ref().map(|_| Mode::Regular),
            _ => self.entries.get(path).map(|entry| entry.mode),
        }
    }

    /// Every path that netgen wrote, but for `bundle.json` and `SHA256SUMS`.
    pub(super) fn paths(&self) -> impl Iterator<Item = &BundlePath> {
        self.entries.keys()
    }
}

/// The device and number of a file: equal for two names of one file.
#[cfg(unix)]
pub(super) fn identity(meta: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (meta.dev(), meta.ino())
}

/// Without such numbers every file counts as another one, except by time and size.
#[cfg(not(unix))]
pub(super) fn identity(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// What tells one state of a file from another: its identity, and when it was changed last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    identity: (u64, u64),
    size: u64,
    modified: Option<SystemTime>,
    changed: (i64, i64),
}

impl Stamp {
    /// Adds it to a digest; all have the same length there. Who changes the time of a file changes it now.
    pub(super) fn add_to(&self, hasher: &mut Sha256) {
        let ((device, number), (seconds, nanoseconds)) = (self.identity, self.changed);
        hasher.update(device.to_be_bytes());
        hasher.update(number.to_be_bytes());
        hasher.update(self.size.to_be_bytes());
        hasher.update(seconds.to_be_bytes());
        hasher.update(nanoseconds.to_be_bytes());
    }
}

/// The state of a file, of which this was seen.
pub fn stamp(meta: &Metadata) -> Stamp {
    Stamp {
        identity: identity(meta),
        size: meta.len(),
        modified: meta.modified().ok(),
        changed: changed(meta),
    }
}

/// When anything about a file was changed, which nobody can set.
#[cfg(unix)]
pub(super) fn changed(meta: &Metadata) -> (i64, i64) {
    use std::os::unix::fs::MetadataExt;
    (meta.ctime(), meta.ctime_nsec())
}

#[cfg(not(unix))]
pub(super) fn changed(_: &Metadata) -> (i64, i64) {
    (0, 0)
}

/// The permission bits, sticky and set-id bits included.
#[cfg(unix)]
pub(super) fn permissions(meta: &Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o7777
}

#[cfg(not(unix))]
pub(super) fn permissions(_: &Metadata) -> u32 {
    0o755
}

/// Whether a file has exactly a mode; always true where the system has no modes.
pub(super) fn has_mode(meta: &Metadata, mode: Mode) -> bool {
    !cfg!(unix) || permissions(meta) == mode.bits()
}
