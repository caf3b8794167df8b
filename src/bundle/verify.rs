//! Is a folder what its `bundle.json` says, and is it what the manifest gives today?

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use super::disk::{self, Kind, NoManifest, ReadError, Record};
use super::manifest::{BUNDLE_JSON, Entry, Manifest, SHA256SUMS, Sealed};
use super::{BundlePath, Mode};

/// A path at which a folder is not what its `bundle.json` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Relative to the folder.
    pub path: PathBuf,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong with a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing stands there.
    Missing,
    /// A folder, a link or the like stands there.
    NotAFile,
    /// The content has another length, in bytes.
    Size {
        /// As `bundle.json` says.
        expected: u64,
        /// As it is.
        found: u64,
    },
    /// The content has the right length and another digest.
    Content,
    /// The permissions are others.
    Mode {
        /// As `bundle.json` says.
        expected: Mode,
        /// As they are, with set-id and sticky bits.
        found: u32,
    },
    /// `bundle.json` does not have it.
    Extra,
    /// `SHA256SUMS` does not have it, or with another digest than `bundle.json`.
    Sums,
    /// `SHA256SUMS` has it, and `bundle.json` does not; or it is no line that netgen writes.
    ExtraSum,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ", self.path.display())?;
        match &self.fault {
            Fault::Missing => f.write_str("is missing"),
            Fault::NotAFile => f.write_str("is not a regular file"),
            Fault::Size { expected, found } => write!(f, "has {found} bytes, not {expected}"),
            Fault::Content => f.write_str("has another content"),
            Fault::Mode { expected, found } => write!(f, "has mode {found:04o}, not {:04o}", expected.bits()),
            Fault::Extra => write!(f, "is not in `{BUNDLE_JSON}`"),
            Fault::Sums => write!(f, "has another digest in `{SHA256SUMS}`, or none"),
            Fault::ExtraSum => write!(f, "is in `{SHA256SUMS}` and not in `{BUNDLE_JSON}`"),
        }
    }
}

/// Why a folder could not be verified.
#[derive(Debug)]
pub enum VerifyError {
    /// Something in it could not be read.
    Io(ReadError),
    /// It is no bundle: the folder, and what is wrong with its `bundle.json`.
    NotABundle(PathBuf, String),
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::NotABundle(path, reason) => {
                write!(f, "`{}` is not a netgen bundle: {reason}", path.display())
            }
        }
    }
}

impl std::error::Error for VerifyError {}

impl From<ReadError> for VerifyError {
    fn from(error: ReadError) -> Self {
        Self::Io(error)
    }
}

/// Checks every file of a bundle against `bundle.json`, and that against `SHA256SUMS`. Empty means
/// that all is as it was written; sorted by path.
///
/// # Errors
/// The folder is no bundle, or something in it cannot be read.
pub fn verify(dir: &Path) -> Result<Vec<Mismatch>, VerifyError> {
    let (manifest, own_digest) = disk::manifest(dir).map_err(|error| match error {
        NoManifest::Unreadable(error) => VerifyError::Io(error),
        NoManifest::Invalid(reason) => VerifyError::NotABundle(dir.to_owned(), reason),
    })?;
    let mut wrong = Vec::new();
    for entry in &manifest.files {
        let faults = check_entry(dir, entry)?;
        wrong.extend(faults.into_iter().map(|fault| Mismatch { path: entry.path.as_str().into(), fault }));
    }
    for name in [BUNDLE_JSON, SHA256SUMS] {
        if let Some(fault) = mode_fault(&dir.join(name), Mode::Regular)? {
            wrong.push(Mismatch { path: name.into(), fault });
        }
    }
    wrong.extend(check_sums(dir, &manifest, &own_digest)?);
    let listed: BTreeSet<&str> =
        manifest.files.iter().map(|entry| entry.path.as_str()).chain([BUNDLE_JSON, SHA256SUMS]).collect();
    let extra = disk::scan(dir)?.into_iter().filter(|found| {
        let path = found.bundle_path();
        found.kind != Kind::Folder && !path.is_some_and(|path| listed.contains(path.as_str()))
    });
    wrong.extend(extra.map(|found| Mismatch { path: found.path, fault: Fault::Extra }));
    wrong.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(wrong)
}

fn check_entry(dir: &Path, entry: &Entry) -> Result<Vec<Fault>, ReadError> {
    let path = dir.join(entry.path.as_str());
    let Some(meta) = disk::look(&path)? else {
        return Ok(vec![Fault::Missing]);
    };
    if disk::kind(&meta) != Kind::File {
        return Ok(vec![Fault::NotAFile]);
    }
    let mut faults = Vec::new();
    if meta.len() != entry.size {
        faults.push(Fault::Size { expected: entry.size, found: meta.len() });
    } else if disk::digest(&path)? != entry.sha256 {
        faults.push(Fault::Content);
    }
    faults.extend(mode_fault(&path, entry.mode)?);
    Ok(faults)
}

fn mode_fault(path: &Path, expected: Mode) -> Result<Option<Fault>, ReadError> {
    let meta = disk::look(path)?.filter(|meta| disk::kind(meta) == Kind::File);
    Ok(meta
        .filter(|meta| !disk::has_mode(meta, expected))
        .map(|meta| Fault::Mode { expected, found: disk::permissions(&meta) }))
}

fn check_sums(dir: &Path, manifest: &Manifest, own_digest: &str) -> Result<Vec<Mismatch>, ReadError> {
    let path = dir.join(SHA256SUMS);
    let fault = |path: &str, fault| Mismatch { path: path.into(), fault };
    match disk::look(&path)?.map(|meta| disk::kind(&meta)) {
        None => return Ok(vec![fault(SHA256SUMS, Fault::Missing)]),
        Some(Kind::File) => {}
        Some(_) => return Ok(vec![fault(SHA256SUMS, Fault::NotAFile)]),
    }
    let expected = manifest.sums(own_digest);
    let found = String::from_utf8_lossy(&disk::read(&path)?).into_owned();
    if found == expected {
        return Ok(Vec::new());
    }
    let (mut wanted, given) = (lines(&expected), lines(&found));
    let mut wrong = Vec::new();
    for (path, digest) in given {
        match wanted.remove(path) {
            None => wrong.push(fault(path, Fault::ExtraSum)),
            Some(right) if right != digest => wrong.push(fault(path, Fault::Sums)),
            Some(_) => {}
        }
    }
    wrong.extend(wanted.into_keys().map(|path| fault(path, Fault::Sums)));
    if wrong.is_empty() {
        // The same lines in another order or spelling.
        wrong.push(fault(SHA256SUMS, Fault::Content));
    }
    Ok(wrong)
}

/// Path to digest.
fn lines(sums: &str) -> BTreeMap<&str, &str> {
    sums.lines()
        .map(|line| line.split_once("  ").map_or((line, ""), |(digest, path)| (path, digest)))
        .collect()
}

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
    let mut seen = BTreeSet::new();
    for found in found.iter().filter(|found| found.kind != Kind::Folder) {
        let place = dir.join(&found.path);
        let Some(path) = found.bundle_path() else {
            result.foreign.push(found.path.clone());
            continue;
        };
        let recorded = record.digest(&path);
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
        if content == Some(super::sha256(&file.bytes)) && disk::has_mode(&found.meta, file.mode) {
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
