//! The new folder, made beside the old one.

use std::collections::BTreeMap;
use std::fs::{self, File, FileTimes, OpenOptions, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::WriteError;
use super::plan::Plan;
use super::target::{Old, Target};
use crate::bundle::disk::{self, Kind, ReadError, failed};
use crate::bundle::file::Content;
use crate::bundle::{BundlePath, File as BundleFile, Mode, Sealed};

/// Begins the name of every temporary folder, after the name of the destination.
pub(super) const TEMPORARY: &str = ".netgen-tmp-";
/// Proves that a temporary folder is ours.
pub(super) const MARKER: &str = "netgen-temporary";
/// The first line of [`MARKER`].
pub(super) const MARKER_TEXT: &str = "A temporary folder of netgen; the next build removes it.\n";
/// Stands there from just before the swap: from then on, the folder may hold the old bundle.
pub(super) const SWAPPING: &str = "netgen-swapping";
/// The new bundle; after the swap the old one.
pub(super) const TREE: &str = "tree";
/// The old bundle, where the system cannot swap in one step.
pub(super) const ASIDE: &str = "old";

/// The permissions of a folder that is new.
const FOLDER: u32 = 0o755;
/// While a folder is filled, nobody else can look into it.
const PRIVATE: u32 = 0o700;

/// A temporary folder with the new bundle in it.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) outer: PathBuf,
}

impl Stage {
    /// Makes the temporary folder, empty.
    pub(super) fn create(target: &Target) -> Result<Self, WriteError> {
        let id = std::process::id();
        let mut attempt = 0;
        loop {
            let outer = target.beside(&format!("{TEMPORARY}{id}-{attempt}"));
            match fs::create_dir(&outer) {
                Ok(()) => {
                    let stage = Self { outer };
                    return match stage.mark() {
                        Ok(()) => Ok(stage),
                        Err(error) => {
                            let _ = stage.discard();
                            Err(error.into())
                        }
                    };
                }
                // Left by somebody whom we cannot prove to be us.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 100 => attempt += 1,
                Err(error) => return Err(failed("create", &outer)(error).into()),
            }
        }
    }

    fn mark(&self) -> Result<(), ReadError> {
        set_permissions(&self.outer, PRIVATE)?;
        let marker = self.outer.join(MARKER);
        fs::write(&marker, MARKER_TEXT).map_err(failed("write", &marker))?;
        create_folder(&self.tree())
    }

    pub(super) fn tree(&self) -> PathBuf {
        self.outer.join(TREE)
    }

    /// Fills the new folder and sends it to the disk.
    pub(super) fn fill(&self, bundle: &Sealed, plan: &Plan<'_>, old: Option<&Old>) -> Result<(), WriteError> {
        let tree = self.tree();
        let folders = plan.new_folders();
        for folder in &folders {
            make_folder(&tree.join(folder))?;
        }
        // Files of one folder go to one thread: the kernel locks a folder for each name that it gets.
        let mut by_folder: BTreeMap<Option<&str>, Vec<&BundlePath>> = BTreeMap::new();
        for path in &plan.written {
            by_folder.entry(path.folders().last()).or_default().push(path);
        }
        let by_folder: Vec<_> = by_folder.into_values().collect();
        by_folder.par_iter().flat_map_iter(|paths| paths.iter()).try_for_each(|path| {
            let Some(file) = bundle.get(path.as_str()) else { return Ok(()) };
            if matches!(file.content(), Content::Staged(_)) {
                return Ok(());
            }
            write_file(&tree.join(path.as_str()), &file.bytes()?, file.mode).map(drop)
        })?;
        if let Some(old) = old {
            for path in &plan.unchanged {
                // It came to be what it should be while this build ran.
                if let Some(Content::Staged(staged)) = bundle.get(path.as_str()).map(BundleFile::content) {
                    fs::remove_file(staged).map_err(failed("remove", staged))?;
                }
                carry(&old.root.join(path.as_str()), &tree.join(path.as_str()), Kind::File)?;
            }
            for found in plan.foreign.iter().filter(|found| found.kind != Kind::Folder) {
                carry(&old.root.join(&found.path), &tree.join(&found.path), found.kind)?;
            }
        }
        let touched = plan.touched_folders();
        // Innermost first: a folder that is closed cannot be filled, and filling changes its times.
        for folder in folders.iter().rev() {
            let path = tree.join(folder);
            let Some(found) = plan.folders.get(folder.as_path()) else {
                set_permissions(&path, FOLDER)?;
                continue;
            };
            own_like(&path, &found.meta);
            set_permissions(&path, disk::permissions(&found.meta))?;
            if !folder.to_str().is_some_and(|folder| touched.contains(folder)) {
                set_folder_times(&path, &found.meta);
            }
        }
        if let Some(old) = old {
            own_like(&tree, &old.meta);
        }
        set_permissions(&tree, old.map_or(FOLDER, |old| disk::permissions(&old.meta)))?;
        let swapping = self.outer.join(SWAPPING);
        fs::write(&swapping, "").map_err(failed("write", &swapping))?;
        sync(&self.outer).map_err(failed("flush", &self.outer))?;
        Ok(())
    }

    /// Removes the temporary folder and all in it.
    pub(super) fn discard(&self) -> Result<(), ReadError> {
        remove_temporary(&self.outer)
    }
}

fn create_folder(path: &Path) -> Result<(), ReadError> {
    fs::create_dir(path).map_err(failed("create", path))?;
    set_permissions(path, PRIVATE)
}

/// Makes a folder in a stage, unless it is there.
pub(super) fn make_folder(path: &Path) -> Result<(), ReadError> {
    match create_folder(path) {
        Err(error) if error.source.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

pub(super) fn write_file(path: &Path, bytes: &[u8], mode: Mode) -> Result<File, ReadError> {
    let mut file =
        OpenOptions::new().write(true).create_new(true).open(path).map_err(failed("create", path))?;
    file.write_all(bytes).map_err(failed("write", path))?;
    // Not at creation: there, the umask takes bits away.
    set_file_permissions(&file, mode.bits()).map_err(failed("set the permissions of", path))?;
    Ok(file)
}

/// Puts what stands at `from` at `to` as well: as a second name of the same file, or as a copy.
fn carry(from: &Path, to: &Path, kind: Kind) -> Result<(), WriteError> {
    match fs::hard_link(from, to) {
        Ok(()) => return Ok(()),
        // Same device, other mount: what is copied here would be deleted there.
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            return Err(WriteError::Mounted(from.to_owned()));
        }
        // A file of another user, a file system without links, too many links.
        Err(error) if kind == Kind::Other || kind == Kind::Folder => {
            return Err(failed("carry over", from)(error).into());
        }
        Err(_) => {}
    }
    copy(from, to, kind).map_err(WriteError::from)
}

/// Copies a file or a link with its owner (where that is allowed), permissions and times.
pub(super) fn copy(from: &Path, to: &Path, kind: Kind) -> Result<(), ReadError> {
    let meta = fs::symlink_metadata(from).map_err(failed("look at", from))?;
    if kind == Kind::Link {
        return copy_link(from, to, &meta);
    }
    let mut source = File::open(from).map_err(failed("read", from))?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(to).map_err(failed("create", to))?;
    io::copy(&mut source, &mut file).map_err(failed("copy", from))?;
    own_like(to, &meta);
    let times = times(&meta).map_err(failed("look at", from))?;
    file.set_times(times).map_err(failed("set the times of", to))?;
    set_file_permissions(&file, disk::permissions(&meta)).map_err(failed("set the permissions of", to))
}

fn times(meta: &fs::Metadata) -> io::Result<FileTimes> {
    Ok(FileTimes::new().set_accessed(meta.accessed()?).set_modified(meta.modified()?))
}

#[cfg(unix)]
fn copy_link(from: &Path, to: &Path, meta: &fs::Metadata) -> Result<(), ReadError> {
    use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};
    use std::os::unix::fs::MetadataExt;
    let goal = fs::read_link(from).map_err(failed("read", from))?;
    std::os::unix::fs::symlink(goal, to).map_err(failed("create", to))?;
    own_like(to, meta);
    let stamp = |seconds, nanos: i64| Timespec { tv_sec: seconds, tv_nsec: nanos };
    let times = Timestamps {
        last_access: stamp(meta.atime(), meta.atime_nsec()),
        last_modification: stamp(meta.mtime(), meta.mtime_nsec()),
    };
    utimensat(CWD, to, &times, AtFlags::SYMLINK_NOFOLLOW)
        .map_err(io::Error::from)
        .map_err(failed("set the times of", to))
}

#[cfg(not(unix))]
fn copy_link(from: &Path, _: &Path, _: &fs::Metadata) -> Result<(), ReadError> {
    Err(failed("carry over", from)(io::ErrorKind::Unsupported.into()))
}

/// Gives a path the owner of another, as far as we may: only root can give away, anybody keeps.
#[cfg(unix)]
fn own_like(path: &Path, meta: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt, lchown};
    let _ = lchown(path, Some(meta.uid()), Some(meta.gid()));
}

#[cfg(not(unix))]
fn own_like(_: &Path, _: &fs::Metadata) {}

/// Keeps the times of a folder, as far as its permissions let it be opened.
fn set_folder_times(path: &Path, meta: &fs::Metadata) {
    if let (Ok(folder), Ok(times)) = (File::open(path), times(meta)) {
        let _ = folder.set_times(times);
    }
}

#[cfg(unix)]
fn set_permissions(path: &Path, mode: u32) -> Result<(), ReadError> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, Permissions::from_mode(mode)).map_err(failed("set the permissions of", path))
}

#[cfg(unix)]
pub(super) fn set_file_permissions(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(Permissions::from_mode(mode))
}

#[cfg(not(unix))]
pub(super) fn set_file_permissions(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn set_permissions(_: &Path, _: u32) -> Result<(), ReadError> {
    Ok(())
}

/// Waits until all that was written is on the disk: once for the whole file system, not file by file.
#[cfg(target_os = "linux")]
fn sync(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(folder)?)?)
}

#[cfg(not(target_os = "linux"))]
fn sync(folder: &Path) -> io::Result<()> {
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry?;
        if entry.file_type().is_file() || (cfg!(unix) && entry.file_type().is_dir()) {
            File::open(entry.path())?.sync_all()?;
        }
    }
    Ok(())
}

/// Removes a temporary folder of which nothing is needed any more. A kill on the way leaves one that
/// can still be told to be ours, and to be good for nothing.
pub(super) fn remove_temporary(outer: &Path) -> Result<(), ReadError> {
    remove_file(&outer.join(SWAPPING))?;
    for tree in [outer.join(TREE), outer.join(ASIDE)] {
        remove_tree(&tree)?;
    }
    remove_file(&outer.join(MARKER))?;
    fs::remove_dir(outer).map_err(failed("remove", outer))
}

fn remove_file(path: &Path) -> Result<(), ReadError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Removes a folder, and in it also folders that are closed to writing.
fn remove_tree(path: &Path) -> Result<(), ReadError> {
    match fs::remove_dir_all(path) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(_) => {}
    }
    for entry in walkdir::WalkDir::new(path) {
        if let Ok(entry) = entry
            && entry.file_type().is_dir()
        {
            let _ = set_permissions(entry.path(), PRIVATE);
        }
    }
    fs::remove_dir_all(path).map_err(failed("remove", path))
}
