//! Why a bundle was not written.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::bundle::{BUNDLE_JSON, BundlePath, ReadError};

/// Why a bundle was not written. The folder is as it was before, but where said otherwise.
#[derive(Debug)]
pub enum WriteError {
    /// The system refused something.
    Io(ReadError),
    /// The destination has no name of its own, such as `/`.
    NoName(PathBuf),
    /// The destination is a file, or a link to one.
    NotAFolder(PathBuf),
    /// A folder stands where a file has to.
    NotAFile(PathBuf),
    /// The destination is a link to nothing.
    DanglingLink(PathBuf),
    /// The destination has files in it and was not written by netgen.
    NotABundle {
        /// The folder.
        path: PathBuf,
        /// What is wrong with its `bundle.json`.
        reason: String,
    },
    /// The destination, or something in it, lies on another file system or mount.
    Mounted(PathBuf),
    /// A file that netgen did not write stands where one of the bundle has to.
    Foreign {
        /// The path in the folder, relative to it.
        found: PathBuf,
        /// The path of the bundle that needs the place.
        wanted: BundlePath,
    },
    /// Another netgen has been writing to the same place for too long: the place, and the number of
    /// that process where it could be told.
    Busy(PathBuf, Option<u32>),
    /// Somebody replaced the folder while the new one was made.
    Changed(PathBuf),
    /// Neither the new folder nor the old one could be put at the destination; the old one is kept.
    Stranded {
        /// What failed.
        error: ReadError,
        /// Where the old folder is.
        kept: PathBuf,
    },
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::NoName(path) => write!(f, "`{}` cannot be the bundle: name a folder in it", path.display()),
            Self::NotAFolder(path) => write!(f, "`{}` is not a folder", path.display()),
            Self::NotAFile(path) => {
                write!(f, "`{}` is a folder, and a file has to stand there", path.display())
            }
            Self::DanglingLink(path) => write!(f, "`{}` is a link to nothing", path.display()),
            Self::NotABundle { path, reason } => write!(
                f,
                "`{}` is not a netgen bundle: {reason}; choose another folder or empty this one",
                path.display()
            ),
            Self::Mounted(path) => write!(
                f,
                "`{}` is a mount point or lies on another file system, so it cannot be swapped; choose a folder inside it, or unmount it",
                path.display()
            ),
            Self::Foreign { found, wanted } => write!(
                f,
                "`{}` in the bundle folder was not written by netgen and stands where `{wanted}` has to; move it away",
                found.display()
            ),
            Self::Busy(path, holder) => {
                let process = holder.map(|id| format!(" (process {id})")).unwrap_or_default();
                write!(f, "another netgen is writing to `{}`{process}", path.display())
            }
            Self::Changed(path) => {
                write!(
                    f,
                    "`{}` was replaced by somebody while the bundle was made; run again",
                    path.display()
                )
            }
            Self::Stranded { error, kept } => {
                write!(f, "{error}; the old bundle is kept as `{}`", kept.display())
            }
        }
    }
}

impl WriteError {
    /// What stands at a destination now that writing to it has failed, in words.
    pub fn standing(&self, dest: &Path) -> &'static str {
        match self {
            Self::Stranded { .. } | Self::Changed(_) => "nothing of the new bundle was written",
            _ if dest.join(BUNDLE_JSON).is_file() => "the old bundle stands whole",
            _ if dest.exists() => "nothing was changed",
            _ => "nothing was written",
        }
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) | Self::Stranded { error, .. } => Some(&error.source),
            _ => None,
        }
    }
}

impl From<ReadError> for WriteError {
    fn from(error: ReadError) -> Self {
        Self::Io(error)
    }
}
