//! One file of a bundle, and where its bytes are.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::disk::{self, Kind, ReadError, Stamp};
use super::manifest::Entry;
use super::{BundlePath, Mode, hex};

/// One file of a bundle.
#[derive(Clone, Debug)]
pub struct File {
    content: Content,
    size: u64,
    sha256: [u8; 32],
    /// Whether it can be run.
    pub mode: Mode,
}

/// Where the bytes of a file are.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// In memory.
    Bytes(Vec<u8>),
    /// In the new folder that a build makes, at this place.
    Staged(PathBuf),
    /// In the old folder, which had this very file at this place when it had this stamp.
    Standing(PathBuf, Stamp),
    /// In a folder that was read, at this place.
    Found(PathBuf),
    /// Nowhere: only what it is known by was kept.
    Forgotten,
}

impl File {
    /// A file in memory.
    pub fn new(bytes: impl Into<Vec<u8>>, mode: Mode) -> Self {
        let bytes = bytes.into();
        Self {
            size: bytes.len() as u64,
            sha256: Sha256::digest(&bytes).into(),
            content: Content::Bytes(bytes),
            mode,
        }
    }

    /// A file that is read.
    pub fn regular(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(bytes, Mode::Regular)
    }

    /// A file that can be run.
    pub fn executable(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(bytes, Mode::Executable)
    }

    /// The file that stands at a place, if it is as it was written.
    pub(super) fn standing(place: PathBuf, written: &Entry) -> Result<Option<Self>, ReadError> {
        let Some(meta) = disk::look(&place)? else { return Ok(None) };
        let like = disk::kind(&meta) == Kind::File
            && meta.len() == written.size
            && disk::has_mode(&meta, written.mode);
        if !like {
            return Ok(None);
        }
        let file = Self::new(disk::read(&place)?, written.mode);
        let stamp = disk::stamp(&meta);
        Ok((file.sha256() == written.sha256).then(|| file.at(Content::Standing(place, stamp))))
    }

    /// A file that is known by its digest.
    pub(super) fn known(content: Content, size: u64, sha256: [u8; 32], mode: Mode) -> Self {
        Self { content, size, sha256, mode }
    }

    /// The same file without its bytes, for whoever only asks whether it is another.
    #[must_use]
    pub fn forgotten(&self) -> Self {
        Self { content: Content::Forgotten, ..*self }
    }

    /// The same file, whose bytes are elsewhere.
    pub(super) fn at(self, content: Content) -> Self {
        Self { content, ..self }
    }

    pub(super) fn content(&self) -> &Content {
        &self.content
    }

    /// The whole content.
    ///
    /// # Errors
    /// It is on the disk, where it cannot be read, or was changed since; it was not kept.
    pub fn bytes(&self) -> Result<Cow<'_, [u8]>, ReadError> {
        let path = match &self.content {
            Content::Bytes(bytes) => return Ok(Cow::Borrowed(bytes)),
            Content::Staged(path) | Content::Standing(path, _) | Content::Found(path) => path,
            Content::Forgotten => {
                return Err(disk::failed("read", Path::new(""))(io::Error::other("it was not kept")));
            }
        };
        let bytes = disk::read(path)?;
        if Sha256::digest(&bytes)[..] != self.sha256 {
            return Err(disk::failed("read", path)(io::Error::other("somebody has changed it")));
        }
        Ok(Cow::Owned(bytes))
    }

    /// The whole content, where it is in memory.
    pub fn in_memory(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Bytes(bytes) => Some(bytes),
            Content::Staged(_) | Content::Standing(..) | Content::Found(_) | Content::Forgotten => None,
        }
    }

    /// The number of bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The SHA-256 of the content in hexadecimal.
    pub fn sha256(&self) -> String {
        hex(&self.sha256)
    }
}

impl PartialEq for File {
    fn eq(&self, other: &Self) -> bool {
        (self.mode, self.size, self.sha256) == (other.mode, other.size, other.sha256)
    }
}

impl Eq for File {}

/// Where files go as soon as they are made. Implementations never fail: what cannot be kept elsewhere stays
/// in memory.
pub trait Keep: Sync {
    /// Takes a file that will stand at this path, and gives what is left of it in memory.
    fn keep(&self, path: &BundlePath, file: File) -> File;
}

/// Leaves every file in memory.
#[derive(Clone, Copy, Debug)]
pub struct InMemory;

impl Keep for InMemory {
    fn keep(&self, _: &BundlePath, file: File) -> File {
        file
    }
}
