//! What has to be done to a folder; decided before anything is touched.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::WriteError;
use super::target::Old;
use crate::bundle::disk::{self, Found, Kind};
use crate::bundle::file::Content;
use crate::bundle::signature::SIGNATURE;
use crate::bundle::{BundlePath, Sealed};

/// What has to be done.
#[derive(Debug, Default)]
pub(super) struct Plan<'a> {
    /// Files that stand there with the same bytes and mode.
    pub(super) unchanged: Vec<BundlePath>,
    /// Files to write.
    pub(super) written: Vec<BundlePath>,
    /// Those of the written ones that somebody changed by hand since.
    pub(super) edited: Vec<BundlePath>,
    /// Files that netgen wrote, that are as it wrote them, and that the bundle has no more.
    pub(super) removed: Vec<BundlePath>,
    /// Everything else: it is carried over.
    pub(super) foreign: Vec<&'a Found>,
    /// Files there are that netgen wrote or now takes over: their fate is decided.
    pub(super) decided: BTreeSet<BundlePath>,
    /// Every folder there is.
    pub(super) folders: BTreeMap<&'a Path, &'a Found>,
    /// Whether a signature that stands there still fits: the list that it signs stays.
    keeps_signature: bool,
}

impl<'a> Plan<'a> {
    /// Decides what becomes of every file of the bundle and of the folder.
    pub(super) fn new(bundle: &Sealed, old: Option<&'a Old>) -> Result<Self, WriteError> {
        let mut plan = Self::default();
        if let Some(old) = old {
            plan.keeps_signature = disk::has_sums_of(&old.root, bundle);
            let ours = folders_of(bundle.files().map(|(path, _)| path).chain(old.record.paths()));
            for found in &old.found {
                let path = found.bundle_path();
                match path {
                    _ if found.kind == Kind::Folder => {
                        plan.folders.insert(&found.path, found);
                        if !path.is_some_and(|path| ours.contains(path.as_str())) {
                            plan.foreign.push(found);
                        }
                    }
                    Some(path) if found.kind == Kind::File => {
                        plan.decide(bundle, old, found, path)?;
                    }
                    _ => plan.foreign.push(found),
                }
            }
        }
        for (path, file) in bundle.files().filter(|(path, _)| !plan.decided.contains(*path)) {
            if matches!(file.content(), Content::Standing(..)) {
                return Err(WriteError::Changed(old.map_or_else(PathBuf::new, |old| old.root.clone())));
            }
            plan.written.push(path.clone());
        }
        plan.written.sort();
        plan.refuse_clashes(bundle)?;
        Ok(plan)
    }

    /// Whether the folder is what it should be.
    pub(super) fn is_done(&self) -> bool {
        self.written.is_empty() && self.removed.is_empty()
    }

    fn decide(
        &mut self,
        bundle: &Sealed,
        old: &Old,
        found: &'a Found,
        path: BundlePath,
    ) -> Result<(), WriteError> {
        let place = old.root.join(&found.path);
        let recorded = old.record.digest(&path);
        let Some(file) = bundle.get(path.as_str()) else {
            // A file that was changed by hand is no longer netgen's to delete.
            match recorded {
                Some(_) if path.as_str() == SIGNATURE && self.keeps_signature => {
                    self.decided.insert(path.clone());
                    self.unchanged.push(path);
                }
                Some(digest) if disk::digest(&place)? == digest => {
                    self.decided.insert(path.clone());
                    self.removed.push(path);
                }
                _ => self.foreign.push(found),
            }
            return Ok(());
        };
        let equal = match file.content() {
            Content::Bytes(bytes) => disk::holds(&place, &found.meta, bytes)?,
            Content::Standing(_, stamp) if disk::stamp(&found.meta) == *stamp => true,
            _ => found.meta.len() == file.size() && disk::digest(&place)? == file.sha256(),
        };
        if !equal && matches!(file.content(), Content::Standing(..)) {
            // Its bytes are nowhere any more.
            return Err(WriteError::Changed(old.root.clone()));
        }
        self.decided.insert(path.clone());
        match recorded {
            _ if equal && disk::has_mode(&found.meta, file.mode) => self.unchanged.push(path),
            // Somebody's own file with the very bytes of ours: it becomes ours.
            _ if equal => self.written.push(path),
            None => return Err(WriteError::Foreign { found: found.path.clone(), wanted: path }),
            Some(digest) => {
                if disk::digest(&place)? != digest {
                    self.edited.push(path.clone());
                }
                self.written.push(path);
            }
        }
        Ok(())
    }

    /// What is carried over must not stand where a file or folder of the bundle has to.
    fn refuse_clashes(&self, bundle: &Sealed) -> Result<(), WriteError> {
        let folders = folders_of(bundle.files().map(|(path, _)| path));
        for found in &self.foreign {
            let Some(path) = found.path.to_str() else { continue };
            // A path with odd characters can still stand below a file of the bundle.
            let slashed = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
            let above = slashed.match_indices('/').filter_map(|(at, _)| slashed.get(..at));
            let file = above
                .chain([slashed.as_str()])
                .find_map(|name| bundle.get(name).and_then(|_| BundlePath::new(name).ok()));
            let below = || {
                let blocked = found.kind != Kind::Folder && folders.contains(slashed.as_str());
                let within = |path: &&BundlePath| path.folders().any(|folder| folder == slashed);
                if blocked { bundle.files().map(|(path, _)| path).find(within).cloned() } else { None }
            };
            if let Some(wanted) = file.or_else(below) {
                return Err(WriteError::Foreign { found: found.path.clone(), wanted });
            }
        }
        Ok(())
    }

    /// The outermost paths that were carried over: a folder stands for all that is in it.
    pub(super) fn foreign_tops(&self) -> Vec<PathBuf> {
        let folders: BTreeSet<&Path> =
            self.foreign.iter().filter(|f| f.kind == Kind::Folder).map(|f| f.path.as_path()).collect();
        self.foreign
            .iter()
            .map(|found| &found.path)
            .filter(|path| !path.ancestors().skip(1).any(|above| folders.contains(above)))
            .cloned()
            .collect()
    }

    /// Every folder that the new bundle has: those of its files and of what is carried over.
    pub(super) fn new_folders(&self) -> BTreeSet<PathBuf> {
        let ours = folders_of(self.written.iter().chain(&self.unchanged)).into_iter().map(PathBuf::from);
        let carried = self.foreign.iter().flat_map(|found| {
            let from = if found.kind == Kind::Folder { 0 } else { 1 };
            found.path.ancestors().skip(from).filter(|path| !path.as_os_str().is_empty()).map(Path::to_owned)
        });
        ours.chain(carried).collect()
    }

    /// Every folder in which something changes, at any depth.
    pub(super) fn touched_folders(&self) -> BTreeSet<String> {
        folders_of(self.written.iter().chain(&self.removed))
    }

    /// The outermost folders in which nothing changes.
    pub(super) fn settled_folders(&self) -> Vec<&'a Path> {
        let touched = self.touched_folders();
        let is_touched = |path: &Path| path.to_str().is_some_and(|path| touched.contains(path));
        let is_outermost =
            |path: &Path| path.parent().is_none_or(|up| up.as_os_str().is_empty() || is_touched(up));
        self.folders.keys().filter(|path| !is_touched(path) && is_outermost(path)).copied().collect()
    }
}

/// Every folder that files stand in.
fn folders_of<'p>(paths: impl Iterator<Item = &'p BundlePath>) -> BTreeSet<String> {
    let mut folders = BTreeSet::new();
    let mut before = "";
    for path in paths {
        // Most files stand beside the one before.
        let own = path.as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
        if std::mem::replace(&mut before, own) == own {
            continue;
        }
        for folder in path.folders() {
            if !folders.contains(folder) {
                folders.insert(folder.to_owned());
            }
        }
    }
    folders
}
