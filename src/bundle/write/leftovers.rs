//! What an earlier run left behind, and what is left of the old folder after a swap.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::plan::Plan;
use super::stage::{ASIDE, MARKER, MARKER_TEXT, SWAPPING, TEMPORARY, TREE, remove_temporary};
use super::target::Target;
use crate::bundle::Sealed;
use crate::bundle::disk::{self, Found, Kind, ReadError, failed};

/// The temporary folders beside a destination.
pub(super) fn find(target: &Target) -> Result<Vec<PathBuf>, ReadError> {
    let entries = match fs::read_dir(&target.parent) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed("read", &target.parent))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed("read", &target.parent))?;
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && target.is_beside(&entry.file_name(), TEMPORARY) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Removes what killed runs left; gives what had to stay. Only for the holder of the lock: it is the
/// only one who may have such a folder, so none is in use.
pub(super) fn clear(target: &Target) -> Result<Vec<PathBuf>, ReadError> {
    let mut kept = Vec::new();
    for outer in find(target)? {
        if !clear_one(&outer, target)? {
            kept.push(outer);
        }
    }
    Ok(kept)
}

fn clear_one(outer: &Path, target: &Target) -> Result<bool, ReadError> {
    let marker = outer.join(MARKER);
    // A kill can have cut the marker short.
    let is_ours = disk::look(&marker)?.is_some_and(|meta| {
        let text = if disk::kind(&meta) == Kind::File { fs::read(&marker).ok() } else { None };
        text.is_some_and(|text| MARKER_TEXT.as_bytes().starts_with(&text))
    });
    if !is_ours {
        // Killed before the marker was written: then it is empty, and this works only then.
        return Ok(fs::remove_dir(outer).is_ok());
    }
    if disk::look(&outer.join(SWAPPING))?.is_some() {
        let aside = outer.join(ASIDE);
        if disk::look(&aside)?.is_some() && disk::look(&target.path)?.is_none() {
            fs::rename(&aside, &target.path).map_err(failed("put back", &target.path))?;
        }
        for side in [aside, outer.join(TREE)] {
            // Whatever cannot be read or moved is a reason to keep it all.
            if disk::look(&side)?.is_some() && !is_expendable(&side, &target.path).unwrap_or(false) {
                return Ok(false);
            }
        }
    }
    Ok(remove_temporary(outer).is_ok())
}

/// Whether nothing in a folder would be lost with it. What the destination lacks is moved there;
/// what stands there otherwise makes the folder one to keep: only a person can decide.
fn is_expendable(side: &Path, dest: &Path) -> Result<bool, ReadError> {
    let record = disk::record(side).unwrap_or_default();
    let has_dest = disk::look(dest)?.is_some();
    let mut expendable = true;
    for found in disk::scan(side)?.iter().filter(|found| found.kind != Kind::Folder) {
        let (here, there) = (side.join(&found.path), dest.join(&found.path));
        let path = found.bundle_path().filter(|_| found.kind == Kind::File);
        let recorded = path.as_ref().and_then(|path| record.digest(path));
        match disk::look(&there)? {
            Some(meta) if cfg!(unix) && disk::identity(&meta) == disk::identity(&found.meta) => {}
            _ if recorded.is_some_and(|digest| disk::digest(&here).is_ok_and(|found| found == digest)) => {}
            None if has_dest => move_over(side, dest, found)?,
            None => expendable = false,
            Some(meta) => expendable &= is_same(&here, found, &there, disk::kind(&meta)),
        }
    }
    Ok(expendable)
}

fn is_same(here: &Path, found: &Found, there: &Path, kind: Kind) -> bool {
    match (found.kind, kind) {
        (Kind::File, Kind::File) => match (disk::digest(here), disk::digest(there)) {
            (Ok(here), Ok(there)) => here == there,
            _ => false,
        },
        (Kind::Link, Kind::Link) => match (fs::read_link(here), fs::read_link(there)) {
            (Ok(here), Ok(there)) => here == there,
            _ => false,
        },
        _ => false,
    }
}

/// Moves a file into the destination, with the folders it stands in.
fn move_over(side: &Path, dest: &Path, found: &Found) -> Result<(), ReadError> {
    let (here, there) = (side.join(&found.path), dest.join(&found.path));
    if let Some(folder) = there.parent() {
        fs::create_dir_all(folder).map_err(failed("create", folder))?;
    }
    fs::rename(&here, &there).map_err(failed("move", &here))
}

/// After a swap: brings over what somebody put into the old folder, or saved there, since it was
/// read, and in the place of each copy that had to be made (a file of another user) the file itself.
/// `copies` are folders of `previous` that are only likenesses: the real ones are in the new bundle.
///
/// Gives whether the old folder can go.
pub(super) fn reconcile(
    previous: &Path,
    dest: &Path,
    bundle: &Sealed,
    plan: &Plan<'_>,
    copies: &[PathBuf],
) -> Result<bool, ReadError> {
    let mut all = true;
    for found in disk::scan(previous)? {
        let path = found.bundle_path();
        if found.kind == Kind::Folder
            || copies.iter().any(|copy| found.path.starts_with(copy))
            || path.as_ref().is_some_and(|path| plan.decided.contains(path))
            || is_one_file(&found, &dest.join(&found.path))
        {
            continue;
        }
        // It came to a place that the new bundle has taken.
        let taken = path.is_some_and(|path| bundle.get(path.as_str()).is_some());
        all &= !taken && move_over(previous, dest, &found).is_ok();
    }
    Ok(all)
}

/// Whether a path is another name of a file that was found.
fn is_one_file(found: &Found, there: &Path) -> bool {
    let identity = disk::identity(&found.meta);
    cfg!(unix)
        && disk::look(there).is_ok_and(|meta| meta.is_some_and(|meta| disk::identity(&meta) == identity))
}
