//! One file beside a bundle: an archive, a statement. The old file or the new one, at every moment.

use std::fs::{self, File};
use std::path::Path;

use super::WriteError;
use super::lock::{self, Lock};
use super::stage;
use super::target::Target;
use crate::bundle::Mode;
use crate::bundle::disk::{self, Kind, failed};

/// Writes a file in the place of an old one, with mode 0644. A file that is right is not touched.
/// Gives whether it was written.
///
/// # Errors
/// See [`WriteError`]; the old file stands as it was then.
pub fn replace_file(path: &Path, bytes: &[u8]) -> Result<bool, WriteError> {
    let target = Target::of_file(path)?;
    // One name, so that what a killed run left is taken up by the next.
    let temporary = target.beside(".netgen-tmp");
    if is_right(path, bytes)? && disk::look(&temporary)?.is_none() {
        lock::sweep(&target);
        return Ok(false);
    }
    fs::create_dir_all(&target.parent).map_err(failed("create", &target.parent))?;
    let _lock = Lock::acquire(&target)?;
    let written = fill(&temporary, bytes)
        .and_then(|()| fs::rename(&temporary, &target.path).map_err(failed("replace", &target.path)));
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary);
        return Err(error.into());
    }
    if let Ok(folder) = File::open(&target.parent) {
        let _ = folder.sync_all();
    }
    Ok(true)
}

fn is_right(path: &Path, bytes: &[u8]) -> Result<bool, WriteError> {
    let Some(meta) = disk::look(path)? else { return Ok(false) };
    match disk::kind(&meta) {
        Kind::Folder => Err(WriteError::NotAFile(path.to_owned())),
        Kind::File => Ok(disk::holds(path, &meta, bytes)?),
        _ => Ok(false),
    }
}

fn fill(path: &Path, bytes: &[u8]) -> Result<(), disk::ReadError> {
    let _ = fs::remove_file(path);
    let file = stage::write_file(path, bytes, Mode::Regular)?;
    file.sync_all().map_err(failed("flush", path))
}
