//! The new folder while its files are made: they go there at once, so that a large bundle never stands in
//! memory as a whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::lock::{self, Lock};
use super::plan::Plan;
use super::stage::{self, Stage};
use super::target::{Old, Target};
use super::{WriteError, WriteReport, fill_and_swap, finish, leftovers, look_first};
use crate::bundle::disk::{self, Kind, ReadError, Stamp, failed};
use crate::bundle::file::Content;
use crate::bundle::{BundlePath, File, Keep, Sealed};

/// Takes the files of a bundle that is to be written to one folder. A file that stands there already is not
/// taken. Nothing on disk is changed before the first file that is, and nothing of the folder itself before
/// [`Self::write`]; without that, all is as it was.
#[derive(Debug)]
pub struct Spool {
    dest: PathBuf,
    /// Whether anything stood there at the first file.
    stood: OnceLock<bool>,
    opened: OnceLock<Result<Opened, WriteError>>,
}

impl Spool {
    /// For the folder `dest`, see [`super::write()`].
    pub fn new(dest: &Path) -> Self {
        Self { dest: dest.to_owned(), stood: OnceLock::new(), opened: OnceLock::new() }
    }

    /// Makes the folder hold exactly this bundle, see [`super::write()`].
    ///
    /// # Errors
    /// See [`WriteError`]; nothing was changed then, but where the error says so.
    pub fn write(self, bundle: &Sealed) -> Result<WriteReport, WriteError> {
        let mut opened = match self.opened.into_inner() {
            Some(opened) => opened?,
            None => {
                let target = Target::resolve(&self.dest)?;
                match look_first(bundle, &target) {
                    Ok(Some(report)) => {
                        lock::sweep(&target);
                        return Ok(report);
                    }
                    // What is read without the lock may be in the middle of another build's swap.
                    Ok(None) | Err(WriteError::Io(_)) => {}
                    Err(error) => return Err(error),
                }
                Opened::new(target)?
            }
        };
        let old = Old::read(&opened.target.path)?;
        let plan = Plan::new(bundle, old.as_ref())?;
        if old.is_none() || !plan.is_done() {
            let stage = match opened.stage.take() {
                Some(stage) => stage,
                None => Stage::create(&opened.target)?,
            };
            let previous = match fill_and_swap(&stage, bundle, &opened.target, &plan, old.as_ref()) {
                Ok(previous) => previous,
                // The temporary folder holds the only copy of the old bundle.
                Err(error @ WriteError::Stranded { .. }) => return Err(error),
                Err(error) => {
                    let _ = stage.discard();
                    return Err(error);
                }
            };
            opened.parents.clear();
            if !finish(&stage, bundle, &opened.target, &plan, previous.as_deref()) {
                opened.left.push(stage.outer);
            }
        }
        Ok(WriteReport::new(&opened.target, plan, std::mem::take(&mut opened.left)))
    }
}

impl Keep for Spool {
    fn keep(&self, path: &BundlePath, file: File) -> File {
        let Content::Bytes(bytes) = file.content() else { return file };
        if *self.stood.get_or_init(|| !matches!(disk::look(&self.dest), Ok(None))) {
            let place = self.dest.join(path.as_str());
            if let Some(stamp) = stamp_of_same(&place, bytes, &file) {
                return file.at(Content::Standing(place, stamp));
            }
        }
        let open = || Target::resolve(&self.dest).and_then(Opened::with_stage);
        let Ok(Opened { stage: Some(stage), .. }) = self.opened.get_or_init(open) else { return file };
        let place = stage.tree().join(path.as_str());
        match take(stage, path, &place, bytes, &file) {
            Ok(()) => file.at(Content::Staged(place)),
            // Whatever it was, writing will meet it again, and tell.
            Err(_) => {
                let _ = fs::remove_file(&place);
                file
            }
        }
    }
}

/// The stamp of what stands at a place, if it is this very file.
fn stamp_of_same(place: &Path, bytes: &[u8], file: &File) -> Option<Stamp> {
    let meta = disk::look(place).ok()??;
    let like = disk::kind(&meta) == Kind::File && disk::has_mode(&meta, file.mode);
    (like && disk::holds(place, &meta, bytes).ok()?).then(|| disk::stamp(&meta))
}

fn take(stage: &Stage, path: &BundlePath, place: &Path, bytes: &[u8], file: &File) -> Result<(), ReadError> {
    let write = || stage::write_file(place, bytes, file.mode).map(drop);
    match write() {
        Err(error) if error.source.kind() == io::ErrorKind::NotFound => {
            make_folders(&stage.tree(), &path.folders().collect::<Vec<_>>())?;
            write()
        }
        written => written,
    }
}

/// Makes the last of some folders, each in the one before it; mostly the others are there.
fn make_folders(tree: &Path, folders: &[&str]) -> Result<(), ReadError> {
    let Some((last, above)) = folders.split_last() else { return Ok(()) };
    match stage::make_folder(&tree.join(last)) {
        Err(error) if error.source.kind() == io::ErrorKind::NotFound && !above.is_empty() => {
            make_folders(tree, above)?;
            stage::make_folder(&tree.join(last))
        }
        made => made,
    }
}

/// A destination that nobody else writes to.
#[derive(Debug)]
struct Opened {
    target: Target,
    /// The new folder, as long as it is no use to anybody.
    stage: Option<Stage>,
    /// What killed runs left and had to stay.
    left: Vec<PathBuf>,
    /// The folders above that were made for it, the outermost first.
    parents: Vec<PathBuf>,
    lock: Option<Lock>,
}

impl Opened {
    fn new(target: Target) -> Result<Self, WriteError> {
        let missing = |above: &&Path| !above.as_os_str().is_empty() && !above.exists();
        let mut parents: Vec<PathBuf> =
            target.parent.ancestors().take_while(missing).map(Path::to_owned).collect();
        parents.reverse();
        fs::create_dir_all(&target.parent).map_err(failed("create", &target.parent))?;
        let lock = Lock::acquire(&target)?;
        let left = leftovers::clear(&target)?;
        Ok(Self { target, stage: None, left, parents, lock: Some(lock) })
    }

    fn with_stage(target: Target) -> Result<Self, WriteError> {
        let mut opened = Self::new(target)?;
        opened.stage = Some(Stage::create(&opened.target)?);
        Ok(opened)
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        if let Some(stage) = self.stage.take() {
            let _ = stage.discard();
        }
        // Its file stands in one of these folders.
        self.lock.take();
        for folder in self.parents.iter().rev() {
            // Only what nobody put anything into.
            let _ = fs::remove_dir(folder);
        }
    }
}
