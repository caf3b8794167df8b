//! Is a folder what the manifest gives today?

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::BundlePath;
use super::disk::{self, Kind, NoManifest, ReadError, Record};
use super::manifest::Sealed;
use super::signature::SIGNATURE;

/// How a folder differs from a bundle. What netgen never wrote is no difference, see `foreign`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Files of the bundle that do not stand there.
    pub missing: Vec<BundlePath>,
    /// Files that netgen wrote once and that the bundle does not have.
    pub extra: Vec<BundlePath>,
    /// Files that are as netgen wrote them, from an older manifest, lock or netgen.
    pub outdated: Vec<BundlePath>,
    /// Files that are not as netgen wrote them.
    pub hand_edited: Vec<BundlePath>,
    /// Files that netgen did not write.
    pub foreign: Vec<PathBuf>,
}

impl Comparison {
    /// Whether the folder holds exactly this bundle.
    pub fn is_current(&self) -> bool {
        self.missing.is_empty()
            && self.extra.is_empty()
            && self.outdated.is_empty()
            && self.hand_edited.is_empty()
    }

    /// Files that stand there and are not those of the bundle, sorted.
    pub fn changed(&self) -> Vec<&BundlePath> {
        let mut changed: Vec<_> = self.outdated.iter().chain(&self.hand_edited).collect();
        changed.sort();
        changed
    }
}

/// Compares a folder with a bundle, without changing anything. A folder that does not exist misses
/// every file; in one without a usable `bundle.json` every file that differs counts as edited.
///
/// # Errors
/// Something cannot be read.
pub fn compare(bundle: &Sealed, dir: &Path) -> Result<Comparison, ReadError> {
    let mut result = Comparison::default();
    let record = match disk::record(dir) {
        Ok(record) => record,
        Err(NoManifest::Invalid(_)) => Record::default(),
        Err(NoManifest::Unreadable(error)) => return Err(error),
    };
    let found = if disk::look(dir)?.is_some() { disk::scan(dir)? } else { Vec::new() };
    // A bundle that is not signed in this run leaves a signature that fits on.
    let keeps_signature = bundle.get(SIGNATURE).is_none() && disk::has_sums_of(dir, bundle);
    let mut seen = BTreeSet::new();
    for found in found.iter().filter(|found| found.kind != Kind::Folder) {
        let place = dir.join(&found.path);
        let Some(path) = found.bundle_path() else {
            result.foreign.push(found.path.clone());
            continue;
        };
        let recorded = record.digest(&path);
        if path.as_str() == SIGNATURE && keeps_signature && recorded.is_some() {
            continue;
        }
        let Some(file) = bundle.get(path.as_str()) else {
            match recorded {
                Some(_) => result.extra.push(path),
                None => result.foreign.push(found.path.clone()),
            }
            continue;
        };
        seen.insert(path.clone());
        let is_file = found.kind == Kind::File;
        let content = if is_file { Some(disk::digest(&place)?) } else { None };
        if content == Some(file.sha256()) && disk::has_mode(&found.meta, file.mode) {
            continue;
        }
        if content.is_some() && content.as_deref() == recorded && is_own_mode(&record, &path, found) {
            result.outdated.push(path);
        } else {
            result.hand_edited.push(path);
        }
    }
    result.missing.extend(bundle.files().map(|(path, _)| path).filter(|path| !seen.contains(*path)).cloned());
    Ok(result)
}

fn is_own_mode(record: &Record, path: &BundlePath, found: &disk::Found) -> bool {
    record.mode(path).is_some_and(|mode| disk::has_mode(&found.meta, mode))
}
