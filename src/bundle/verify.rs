//! Is a bundle what its `bundle.json` says?

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::disk::{Kind, ReadError};
use super::manifest::{BUNDLE_JSON, Entry, Manifest, SHA256SUMS, Sealed};
use super::signature::{self, SIGNATURE, SignatureFault};
use super::tree::{Item, Tree, open};
use super::{BundlePath, Mode};
use crate::text::printable_line;

/// A path at which a bundle is not what its `bundle.json` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Relative to the bundle.
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
    /// An archive has it more than once.
    Twice,
    /// The signature does not hold.
    Signature(SignatureFault),
    /// It cannot be read: what the system said.
    Unreadable(String),
    /// The files of an archive are right, and what is around them is not.
    Wrapping,
    /// The manifest gives another file there.
    Rebuilt,
    /// The manifest gives no file there.
    NotRebuilt,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A name in a stranger's archive can hold anything.
        write!(f, "`{}` ", self.path.to_string_lossy().escape_debug())?;
        match &self.fault {
            Fault::Missing => f.write_str("is missing"),
            Fault::NotAFile => f.write_str("is not a regular file"),
            Fault::Size { expected, found } => write!(f, "has {found} bytes, not {expected}"),
            Fault::Content => f.write_str("has another content"),
            Fault::Mode { expected, found } => write!(f, "has mode {found:04o}, not {:04o}", expected.bits()),
            Fault::Extra => write!(f, "is not in `{BUNDLE_JSON}`"),
            Fault::Sums => write!(f, "has another digest in `{SHA256SUMS}`, or none"),
            Fault::Twice => f.write_str("is in the archive more than once"),
            Fault::Signature(fault) => fault.fmt(f),
            Fault::Unreadable(why) => write!(f, "cannot be read: {why}"),
            Fault::Wrapping => {
                f.write_str("has owners, times or bytes between its files that netgen does not write")
            }
            Fault::Rebuilt => f.write_str("is not what the manifest gives"),
            Fault::NotRebuilt => f.write_str("does not come from the manifest"),
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
                // A reason can quote what a stranger wrote.
                let (path, reason) = (path.display(), printable_line(reason));
                write!(f, "`{path}` is not a netgen bundle: {reason}")
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

/// Checks a folder or an archive. Empty means that all is as it was written; sorted by path.
///
/// # Errors
/// It is no bundle, or cannot be read.
pub fn verify(path: &Path) -> Result<Vec<Mismatch>, VerifyError> {
    open(path)?.verify()
}

fn fault(path: &str, fault: Fault) -> Mismatch {
    Mismatch { path: path.into(), fault }
}

impl Tree {
    /// Checks every file against `bundle.json`, that against `SHA256SUMS`, and the signature, if there
    /// is one, against itself. Empty means that all is as it was written; sorted by path.
    ///
    /// # Errors
    /// It is no bundle.
    pub fn verify(&self) -> Result<Vec<Mismatch>, VerifyError> {
        Ok(self.mismatches(&self.manifest()?))
    }

    /// How it differs from what its `bundle.json` says; sorted by path.
    pub(super) fn mismatches(&self, manifest: &Manifest) -> Vec<Mismatch> {
        let mut wrong = self.twice();
        let of_entry = |entry: &Entry| {
            let faults = check_entry(self.items.get(Path::new(entry.path.as_str())), entry);
            faults.into_iter().map(|found| fault(entry.path.as_str(), found)).collect::<Vec<_>>()
        };
        wrong.par_extend(manifest.files.par_iter().flat_map_iter(of_entry));
        for name in [BUNDLE_JSON, SHA256SUMS, SIGNATURE] {
            let item = self.items.get(Path::new(name)).filter(|item| item.kind == Kind::File);
            wrong.extend(
                item.and_then(|item| mode_fault(item, Mode::Regular)).map(|found| fault(name, found)),
            );
        }
        wrong.extend(self.check_sums(manifest));
        wrong.extend(self.check_signature());
        wrong.extend(self.extra(manifest));
        if wrong.is_empty() && !self.is_wrapped_by_us(manifest) {
            wrong.push(Mismatch { path: self.shown.clone(), fault: Fault::Wrapping });
        }
        wrong.sort_by(|a, b| a.path.cmp(&b.path));
        wrong
    }

    /// How it differs from the bundle that a manifest gives; sorted by path. A signature is no part of
    /// that. In a part that went into an older bundle, what stands beside it counts as well.
    pub fn differs(&self, rebuilt: &Sealed) -> Vec<Mismatch> {
        let mut wrong = Vec::new();
        for (path, file) in rebuilt.files().filter(|(path, _)| path.as_str() != SIGNATURE) {
            let item = self.items.get(Path::new(path.as_str())).filter(|item| item.kind == Kind::File);
            let found = match item.map(|item| (item, item.sha256())) {
                None => Some(Fault::Missing),
                Some((_, Err(error))) => Some(Fault::Unreadable(error.source.to_string())),
                Some((_, Ok(digest))) if digest != file.sha256() => Some(Fault::Rebuilt),
                Some((item, Ok(_))) => mode_fault(item, file.mode),
            };
            wrong.extend(found.map(|found| fault(path.as_str(), found)));
        }
        let files = self.items.iter().filter(|(path, item)| {
            item.kind != Kind::Folder
                && path.to_str().is_none_or(|path| path != SIGNATURE && rebuilt.get(path).is_none())
        });
        wrong.extend(files.map(|(path, _)| Mismatch { path: path.clone(), fault: Fault::NotRebuilt }));
        wrong.sort_by(|a, b| a.path.cmp(&b.path));
        wrong
    }

    fn check_sums(&self, manifest: &Manifest) -> Vec<Mismatch> {
        let sums = match self.items.get(Path::new(SHA256SUMS)) {
            None => return vec![fault(SHA256SUMS, Fault::Missing)],
            Some(item) if item.kind != Kind::File => return vec![fault(SHA256SUMS, Fault::NotAFile)],
            Some(_) => match self.bytes(SHA256SUMS) {
                Ok(bytes) => bytes.unwrap_or_default(),
                Err(error) => return vec![fault(SHA256SUMS, Fault::Unreadable(error.source.to_string()))],
            },
        };
        let own_digest = super::sha256(&self.bytes(BUNDLE_JSON).ok().flatten().unwrap_or_default());
        let expected = manifest.sums(&own_digest);
        if sums == expected.as_bytes() {
            return Vec::new();
        }
        let found = String::from_utf8_lossy(&sums).into_owned();
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
        wrong
    }

    /// Without a list of trusted keys a signature can still be one that fits no more.
    fn check_signature(&self) -> Option<Mismatch> {
        let item = self.items.get(Path::new(SIGNATURE))?;
        if item.kind != Kind::File {
            return Some(fault(SIGNATURE, Fault::NotAFile));
        }
        let read = |name| self.bytes(name).ok().flatten().unwrap_or_default();
        match signature::check(&read(SHA256SUMS), &read(SIGNATURE)) {
            Ok(_) | Err(SignatureFault::Kind(_)) => None,
            Err(found) => Some(fault(SIGNATURE, Fault::Signature(found))),
        }
    }

    /// What `bundle.json` does not have: files, and folders with nothing in them.
    fn extra(&self, manifest: &Manifest) -> Vec<Mismatch> {
        let own = [BUNDLE_JSON, SHA256SUMS, SIGNATURE];
        let listed: BTreeSet<&str> = manifest.files.iter().map(|e| e.path.as_str()).chain(own).collect();
        let is_listed = |path: &Path| {
            super::disk::bundle_path(path).is_some_and(|path: BundlePath| listed.contains(path.as_str()))
        };
        let mut used: BTreeSet<&Path> = BTreeSet::new();
        for path in self.items.keys() {
            used.extend(path.ancestors().skip(1));
        }
        let is_extra = |path: &Path, item: &Item| match item.kind {
            Kind::Folder => !used.contains(path) && !is_listed(path),
            _ => !is_listed(path),
        };
        self.items
            .iter()
            .filter(|(path, item)| is_extra(path, item))
            .map(|(path, _)| Mismatch { path: path.clone(), fault: Fault::Extra })
            .collect()
    }
}

fn check_entry(item: Option<&Item>, entry: &Entry) -> Vec<Fault> {
    let Some(item) = item else { return vec![Fault::Missing] };
    if item.kind != Kind::File {
        return vec![Fault::NotAFile];
    }
    let mut faults = Vec::new();
    if item.size() != entry.size {
        faults.push(Fault::Size { expected: entry.size, found: item.size() });
    } else {
        match item.sha256() {
            Ok(digest) if digest == entry.sha256 => {}
            Ok(_) => faults.push(Fault::Content),
            Err(error) => faults.push(Fault::Unreadable(error.source.to_string())),
        }
    }
    faults.extend(mode_fault(item, entry.mode));
    faults
}

fn mode_fault(item: &Item, expected: Mode) -> Option<Fault> {
    let is_right = item.mode == expected.bits() || !item.has_mode();
    (!is_right).then_some(Fault::Mode { expected, found: item.mode })
}

/// Path to digest.
fn lines(sums: &str) -> BTreeMap<&str, &str> {
    sums.lines()
        .map(|line| line.split_once("  ").map_or((line, ""), |(digest, path)| (path, digest)))
        .collect()
}
