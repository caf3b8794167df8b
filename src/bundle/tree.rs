//! What stands in a bundle, read from a folder or an archive.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::archive::{self, Wrapping};
use super::disk::{self, Kind, ReadError};
use super::manifest::{BUNDLE_JSON, Entry, Manifest, SHA256SUMS};
use super::signature::{SIGNATURE, SignatureFault, TrustedKeys};
use super::verify::{Fault, Mismatch, VerifyError};
use super::{File, Mode, file};
use crate::hashed::HashMap;

/// The files of a bundle as they are, right or wrong.
#[derive(Debug)]
pub struct Tree {
    /// What was opened, as it was named.
    pub(super) shown: PathBuf,
    /// Everything by its path inside the bundle.
    pub(super) items: BTreeMap<PathBuf, Item>,
    /// Paths that an archive has more than once.
    twice: Vec<PathBuf>,
    wrapping: Option<Wrapping>,
}

/// Something in a bundle.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) kind: Kind,
    /// The permission bits, sticky and set-id bits included.
    pub(super) mode: u32,
    pub(super) content: Content,
}

/// What a file holds.
#[derive(Debug)]
pub(super) enum Content {
    /// It is no file.
    None,
    /// In memory.
    Bytes(Vec<u8>),
    /// On disk, read only when it is asked for: where, and how many bytes.
    Disk(PathBuf, u64),
}

impl Item {
    pub(super) fn size(&self) -> u64 {
        match &self.content {
            Content::None => 0,
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Disk(_, size) => *size,
        }
    }

    pub(super) fn sha256(&self) -> Result<String, ReadError> {
        match &self.content {
            Content::None => Ok(String::new()),
            Content::Bytes(bytes) => Ok(super::sha256(bytes)),
            Content::Disk(path, _) => disk::digest(path),
        }
    }

    /// Whether its permissions say anything: not every system has such.
    pub(super) fn has_mode(&self) -> bool {
        cfg!(unix) || matches!(self.content, Content::Bytes(_))
    }
}

/// Reads what stands in a folder, or in a `.tar.gz` file.
///
/// # Errors
/// It cannot be read, or is neither.
pub fn open(path: &Path) -> Result<Tree, VerifyError> {
    let not_a_bundle = |reason: String| VerifyError::NotABundle(path.to_owned(), reason);
    if path.is_file() {
        return open_archive(path, disk::read(path)?);
    }
    let mut items = BTreeMap::new();
    if disk::look(path)?.is_none() {
        return Err(not_a_bundle("there is no such folder".to_owned()));
    }
    for found in disk::scan(path)? {
        let content = match found.kind {
            Kind::File => Content::Disk(path.join(&found.path), found.meta.len()),
            _ => Content::None,
        };
        let mode = disk::permissions(&found.meta);
        items.insert(found.path, Item { kind: found.kind, mode, content });
    }
    Ok(Tree { shown: path.to_owned(), items, twice: Vec::new(), wrapping: None })
}

/// Takes the bytes of a `.tar.gz` file apart; `shown` names it in messages.
///
/// # Errors
/// They are no archive.
pub fn open_archive(shown: &Path, packed: Vec<u8>) -> Result<Tree, VerifyError> {
    let (wrapping, found) =
        archive::unpack(packed).map_err(|reason| VerifyError::NotABundle(shown.to_owned(), reason))?;
    let (mut items, mut twice) = (BTreeMap::new(), Vec::new());
    for (path, item) in found {
        if items.insert(path.clone(), item).is_some() {
            twice.push(path);
        }
    }
    Ok(Tree { shown: shown.to_owned(), items, twice, wrapping: Some(wrapping) })
}

impl Tree {
    /// What the bundle says about itself.
    ///
    /// # Errors
    /// It has no `bundle.json` that can be used.
    pub fn manifest(&self) -> Result<Manifest, VerifyError> {
        let unusable = |reason| VerifyError::NotABundle(self.shown.clone(), reason);
        match self.items.get(Path::new(BUNDLE_JSON)) {
            None => Err(unusable(format!("it has no `{BUNDLE_JSON}`"))),
            Some(item) if item.kind != Kind::File => {
                Err(unusable(format!("its `{BUNDLE_JSON}` is not a regular file")))
            }
            Some(_) => Manifest::parse(&self.bytes(BUNDLE_JSON)?.unwrap_or_default())
                .map_err(|reason| unusable(format!("its `{BUNDLE_JSON}` is not usable: {reason}"))),
        }
    }

    /// Checks that one of these keys signed the bundle. Gives who it was.
    ///
    /// # Errors
    /// See [`SignatureFault`]; what cannot be read counts as absent.
    pub fn signed_by(&self, keys: &TrustedKeys) -> Result<String, SignatureFault> {
        let read = |name| self.bytes(name).ok().flatten();
        keys.check(&read(SHA256SUMS).unwrap_or_default(), read(SIGNATURE).as_deref())
    }

    /// Whether there is a signature, good or bad.
    pub fn has_signature(&self) -> bool {
        self.items.contains_key(Path::new(SIGNATURE))
    }

    /// Every file, whether it is listed or not. What is no regular file, and what has no path that a
    /// bundle can have, is left out: [`Self::verify`] tells of it.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn files(&self) -> Result<BTreeMap<String, File>, ReadError> {
        let mut files = BTreeMap::new();
        for (path, item) in &self.items {
            let Some(path) = disk::bundle_path(path) else { continue };
            if let Some(bytes) = self.bytes(path.as_str())? {
                let mode = if item.mode & 0o100 == 0 { Mode::Regular } else { Mode::Executable };
                files.insert(path.as_str().to_owned(), File::new(bytes, mode));
            }
        }
        Ok(files)
    }

    /// The files of a bundle that is as it was written, or the first thing that is not, see
    /// [`Self::verify`]. What lies on the disk stays there, known by its digest.
    ///
    /// # Errors
    /// It is no bundle, or one cannot be read.
    pub fn into_whole(self) -> Result<Result<BTreeMap<String, File>, Mismatch>, VerifyError> {
        let manifest = self.manifest()?;
        if let Some(first) = self.mismatches(&manifest).into_iter().next() {
            return Ok(Err(first));
        }
        let listed: HashMap<&str, &Entry> = manifest.files.iter().map(|e| (e.path.as_str(), e)).collect();
        let mut files = BTreeMap::new();
        for (path, item) in self.items {
            let Some(path) = disk::bundle_path(&path) else { continue };
            // What is listed has just been found to have this digest.
            let known = listed.get(path.as_str()).and_then(|entry| entry.digest());
            let mode = if item.mode & 0o100 == 0 { Mode::Regular } else { Mode::Executable };
            let file = match (item.content, known) {
                (Content::None, _) => continue,
                (Content::Bytes(bytes), None) => File::new(bytes, mode),
                (Content::Disk(place, _), None) => File::new(disk::read(&place)?, mode),
                (Content::Bytes(bytes), Some(digest)) => {
                    let size = bytes.len() as u64;
                    File::known(file::Content::Bytes(bytes), size, digest, mode)
                }
                (Content::Disk(place, size), Some(digest)) => {
                    File::known(file::Content::Found(place), size, digest, mode)
                }
            };
            files.insert(path.into(), file);
        }
        Ok(Ok(files))
    }

    /// The content of a regular file; `None` where there is none.
    pub(super) fn bytes(&self, name: &str) -> Result<Option<Vec<u8>>, ReadError> {
        match self.items.get(Path::new(name)).map(|item| &item.content) {
            None | Some(Content::None) => Ok(None),
            Some(Content::Bytes(bytes)) => Ok(Some(bytes.clone())),
            Some(Content::Disk(path, _)) => disk::read(path).map(Some),
        }
    }

    pub(super) fn twice(&self) -> Vec<Mismatch> {
        self.twice.iter().map(|path| Mismatch { path: path.clone(), fault: Fault::Twice }).collect()
    }

    /// Whether what is around the files of an archive is what netgen writes. For a bundle whose files
    /// are all right.
    pub(super) fn is_wrapped_by_us(&self, manifest: &Manifest) -> bool {
        let Some(wrapping) = &self.wrapping else { return true };
        let mode = |name: &str| {
            manifest.files.iter().find(|e| e.path.as_str() == name).map_or(super::Mode::Regular, |e| e.mode)
        };
        let mut files: Vec<_> = self
            .items
            .iter()
            .filter_map(|(path, item)| {
                let Content::Bytes(bytes) = &item.content else { return None };
                let path = disk::bundle_path(path)?;
                let mode = mode(path.as_str());
                Some((path, mode, bytes.as_slice()))
            })
            .collect();
        files.sort();
        let same_version = manifest.generator.version == env!("CARGO_PKG_VERSION");
        wrapping.is_ours(&manifest.header.network, &files, same_version)
    }
}
