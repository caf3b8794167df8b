//! The destination and what stands there now.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use super::WriteError;
use crate::bundle::disk::{self, Found, Kind, NoManifest, Record, failed};

/// A place to write to: a folder with all links resolved, or a file.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) path: PathBuf,
    /// The folder it stands in, where everything temporary goes: a rename works within it only.
    pub(super) parent: PathBuf,
    name: OsString,
}

impl Target {
    pub(super) fn resolve(dest: &Path) -> Result<Self, WriteError> {
        let path = match disk::look(dest)? {
            // The folder may not be there yet: only what is above it can be resolved, when it is.
            None => dest.to_owned(),
            Some(meta) => match fs::canonicalize(dest) {
                Ok(path) if path.is_dir() => path,
                Ok(_) => return Err(WriteError::NotAFolder(dest.to_owned())),
                Err(_) if disk::kind(&meta) == Kind::Link => {
                    return Err(WriteError::DanglingLink(dest.to_owned()));
                }
                Err(error) => return Err(failed("resolve", dest)(error).into()),
            },
        };
        Self::named(&path, dest)
    }

    /// A file to be written; a link in its place is replaced, not followed.
    pub(super) fn of_file(path: &Path) -> Result<Self, WriteError> {
        Self::named(path, path)
    }

    fn named(path: &Path, dest: &Path) -> Result<Self, WriteError> {
        let (Some(name), Some(parent)) = (path.file_name(), path.parent()) else {
            return Err(WriteError::NoName(dest.to_owned()));
        };
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        Ok(Self { name: name.to_owned(), parent: parent.to_owned(), path: path.to_owned() })
    }

    /// A hidden name beside the destination.
    pub(super) fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = OsString::from(".");
        name.push(&self.name);
        name.push(suffix);
        self.parent.join(name)
    }

    /// Whether a name in the parent folder begins like the names of [`Target::beside`].
    pub(super) fn is_beside(&self, name: &OsStr, suffix: &str) -> bool {
        let mut start = OsString::from(".");
        start.push(&self.name);
        start.push(suffix);
        name.as_encoded_bytes().starts_with(start.as_encoded_bytes())
    }
}

/// The folder that stands at the destination: empty, or a bundle.
#[derive(Debug)]
pub(super) struct Old {
    pub(super) root: PathBuf,
    pub(super) meta: Metadata,
    pub(super) found: Vec<Found>,
    pub(super) record: Record,
}

impl Old {
    /// Reads it; `None` where nothing stands there.
    pub(super) fn read(root: &Path) -> Result<Option<Self>, WriteError> {
        let Some(meta) = disk::look(root)? else {
            return Ok(None);
        };
        if disk::kind(&meta) != Kind::Folder {
            return Err(WriteError::NotAFolder(root.to_owned()));
        }
        if let Some(parent) = root.parent()
            && let Some(above) =
                disk::look(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })?
            && disk::identity(&above).0 != disk::identity(&meta).0
        {
            return Err(WriteError::Mounted(root.to_owned()));
        }
        // What is no bundle is not even walked through: it may be a whole home folder.
        let empty = fs::read_dir(root).map_err(failed("read", root))?.next().is_none();
        let record = match disk::record(root) {
            _ if empty => Record::default(),
            Ok(record) => record,
            Err(NoManifest::Unreadable(error)) => return Err(error.into()),
            Err(NoManifest::Invalid(reason)) => {
                return Err(WriteError::NotABundle { path: root.to_owned(), reason });
            }
        };
        let found = disk::scan(root)?;
        let device = disk::identity(&meta).0;
        // Folders only: an overlay file system gives files the device of the layer they come from.
        let is_mounted =
            |found: &&Found| found.kind == Kind::Folder && disk::identity(&found.meta).0 != device;
        if let Some(other) = found.iter().find(is_mounted) {
            return Err(WriteError::Mounted(root.join(&other.path)));
        }
        Ok(Some(Self { root: root.to_owned(), meta, found, record }))
    }
}
