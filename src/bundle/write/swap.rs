//! Putting the new folder in the place of the old one.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::WriteError;
use super::plan::Plan;
use super::stage::{ASIDE, Stage};
use super::target::{Old, Target};
use crate::bundle::disk::{self, failed};

/// Puts the new folder at the destination. Gives where the old one is now.
pub(super) fn swap(stage: &Stage, target: &Target, old: Option<&Old>) -> Result<Option<PathBuf>, WriteError> {
    let tree = stage.tree();
    let Some(old) = old else {
        return match rename_new(&tree, &target.path) {
            Ok(()) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(WriteError::Changed(target.path.clone()))
            }
            Err(error) => Err(failed("create", &target.path)(error).into()),
        };
    };
    let previous = match exchange(&tree, &target.path) {
        Ok(()) => tree.clone(),
        Err(error) if is_unsupported(&error) => rename_aside(stage, target)?,
        Err(error) if matches!(error.kind(), io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices) => {
            return Err(WriteError::Mounted(target.path.clone()));
        }
        Err(error) => return Err(failed("replace", &target.path)(error).into()),
    };
    // What came out must be what was read; else somebody's folder was swapped away.
    let out = disk::look(&previous)?;
    if out.is_none_or(|out| disk::identity(&out) != disk::identity(&old.meta)) {
        put_back(&previous, target, &tree)?;
        return Err(WriteError::Changed(target.path.clone()));
    }
    Ok(Some(previous))
}

/// Undoes a swap.
fn put_back(previous: &Path, target: &Target, tree: &Path) -> Result<(), WriteError> {
    let stranded = |error| WriteError::Stranded {
        error: failed("put back", &target.path)(error),
        kept: previous.to_owned(),
    };
    if previous == tree {
        return exchange(previous, &target.path).map_err(stranded);
    }
    fs::rename(&target.path, tree).map_err(stranded)?;
    fs::rename(previous, &target.path).map_err(stranded)
}

/// For systems that cannot exchange: two renames. A kill between them leaves no folder at the
/// destination for a moment too long; the next run puts the old one back.
pub(super) fn rename_aside(stage: &Stage, target: &Target) -> Result<PathBuf, WriteError> {
    let aside = stage.outer.join(ASIDE);
    fs::rename(&target.path, &aside).map_err(failed("move away", &target.path))?;
    match fs::rename(stage.tree(), &target.path) {
        Ok(()) => Ok(aside),
        Err(error) => {
            let error = failed("replace", &target.path)(error);
            match fs::rename(&aside, &target.path) {
                Ok(()) => Err(error.into()),
                Err(_) => Err(WriteError::Stranded { error, kept: aside }),
            }
        }
    }
}

/// Gives folders in which nothing changed back to the new bundle as they were: the same folder, not
/// one like it. A running container that has such a folder mounted goes on seeing it, and what a
/// program puts into its data folder meanwhile is in the new bundle too.
///
/// Gives the folders of `previous` that are copies now. Where the system cannot exchange, none are,
/// and the likeness made before the swap stays.
pub(super) fn return_settled(previous: &Path, target: &Target, plan: &Plan<'_>) -> Vec<PathBuf> {
    let settled = plan.settled_folders().into_iter();
    settled
        .filter(|folder| exchange(&previous.join(folder), &target.path.join(folder)).is_ok())
        .map(Path::to_owned)
        .collect()
}

/// Makes the swap itself survive a loss of power. Not possible on every system, and too late to be
/// an error: the new bundle stands.
pub(super) fn sync_names(target: &Target, stage: &Stage) {
    for folder in [&target.path, &target.parent, &stage.outer] {
        if let Ok(folder) = File::open(folder) {
            let _ = folder.sync_all();
        }
    }
}

#[cfg(target_os = "linux")]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Renames to a name that must be free.
#[cfg(target_os = "linux")]
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE).map_err(io::Error::from) {
        Err(error) if is_unsupported(&error) => fs::rename(from, to),
        done => done,
    }
}

/// A rename of a folder over anything but an empty folder fails by itself.
#[cfg(not(target_os = "linux"))]
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// An old kernel, or a file system without the flag.
fn is_unsupported(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput)
}
