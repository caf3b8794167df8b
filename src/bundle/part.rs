//! `build --only` and `--host`: a part of a bundle.
//!
//! A part goes into the folder of a bundle that is there, and the other files stay. If they are what a
//! whole build would give, the result is a whole bundle. If not, `bundle.json` says so, and
//! `verify --production` refuses it. Into an empty folder a part goes alone, and says so too.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::disk::{self, Kind, NoManifest};
use super::manifest::{BUNDLE_JSON, Entry, Header, NETWORK_JSON, REPORT_PAGE, SHA256SUMS, Sealed};
use super::provenance::PROVENANCE;
use super::signature::SIGNATURE;
use super::{Bundle, BundlePath, File, InsertError, ReadError};

/// The folders whose folders or files are named after hosts.
const BY_HOST: &[&str] = &[
    "ansible/inventory/host_vars/",
    "cloud-init/",
    "compose/",
    "config/",
    "firewall/",
    "systemd/",
    "wireguard/",
];

/// What a bundle says about itself as a whole.
const OWN: &[&str] = &[BUNDLE_JSON, NETWORK_JSON, REPORT_PAGE, SHA256SUMS, PROVENANCE, SIGNATURE];

/// Which files of a bundle are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// Only these groups, named like the folders at the top of a bundle; empty means all.
    pub only: Vec<String>,
    /// Only the files of these hosts; empty means all, and those of no host.
    pub hosts: Vec<String>,
    /// Whether files of an earlier build stand beside.
    pub kept: bool,
}

impl Part {
    /// These groups and hosts.
    pub fn new(only: &[String], hosts: &[String]) -> Self {
        let sorted = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
        Self { only: sorted(only), hosts: sorted(hosts), kept: false }
    }

    /// Whether a file belongs to it.
    pub fn has(&self, path: &BundlePath) -> bool {
        let path = path.as_str();
        let any = |names: &[String], name: &str| names.is_empty() || names.iter().any(|n| n == name);
        if OWN.contains(&path) || !any(&self.only, group(path)) {
            return false;
        }
        self.hosts.is_empty() || host(path).is_some_and(|host| any(&self.hosts, host))
    }
}

/// The group of a path: the folder at the top, or the name of a file there up to its first dot. The
/// `Makefile` goes with the playbooks that it calls.
pub fn group(path: &str) -> &str {
    if path == "Makefile" {
        return "ansible";
    }
    match path.split_once('/') {
        Some((folder, _)) => folder,
        None => path.split('.').next().unwrap_or(path),
    }
}

/// The host that a path is for.
pub fn host(path: &str) -> Option<&str> {
    let rest = BY_HOST.iter().find_map(|folder| path.strip_prefix(folder))?;
    match rest.split_once('/') {
        Some((folder, _)) => Some(folder),
        None => rest.strip_suffix(".yml"),
    }
}

/// Why a part cannot be put into a folder.
#[derive(Debug)]
pub enum PartError {
    /// No file of the bundle belongs to it.
    Empty,
    /// Files beside the part are not as netgen wrote them.
    Changed(Vec<BundlePath>),
    /// A file of the part and one that is kept cannot stand together.
    Clash(InsertError),
    /// Something cannot be read.
    Io(ReadError),
}

impl fmt::Display for PartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no file of the bundle belongs to this part"),
            Self::Changed(paths) => {
                let names: Vec<String> = paths.iter().take(10).map(|path| format!("`{path}`")).collect();
                let more = if paths.len() > 10 { ", ..." } else { "" };
                write!(
                    f,
                    "outside of the part, not as netgen wrote it: {}{more}; build the whole bundle",
                    names.join(", ")
                )
            }
            Self::Clash(error) => write!(f, "{error}; build the whole bundle"),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PartError {}

impl From<ReadError> for PartError {
    fn from(error: ReadError) -> Self {
        Self::Io(error)
    }
}

impl From<InsertError> for PartError {
    fn from(error: InsertError) -> Self {
        Self::Clash(error)
    }
}

impl Sealed {
    /// The bundle that a folder has once this part of the bundle is in it; without a folder, the part
    /// alone.
    ///
    /// # Errors
    /// See [`PartError`].
    pub fn part(self, part: Part, dest: Option<&Path>) -> Result<Self, PartError> {
        let mut merged = Bundle::new();
        for (path, file) in self.files().filter(|(path, _)| part.has(path)) {
            merged.insert(path.clone(), file.clone())?;
        }
        if merged.is_empty() {
            return Err(PartError::Empty);
        }
        let mut header = self.manifest().header.clone();
        let mut kept = false;
        for (path, file) in dest.map_or_else(|| Ok(Vec::new()), |dest| beside(&part, dest, &mut header))? {
            merged.insert(path, file)?;
            kept = true;
        }
        let whole = || self.files().filter(|(path, _)| !OWN.contains(&path.as_str()));
        if merged.files().eq(whole()) {
            return Ok(self);
        }
        header.part = Some(Part { kept, ..part });
        for name in [NETWORK_JSON, REPORT_PAGE] {
            if let Some(file) = self.get(name) {
                merged.insert(BundlePath::constant(name), file.clone())?;
            }
        }
        merged.attest(&header)?;
        Ok(merged.seal(header)?)
    }
}

/// The files of a folder that are not of this part, as netgen once wrote them.
fn beside(part: &Part, dest: &Path, header: &mut Header) -> Result<Vec<(BundlePath, File)>, PartError> {
    let old = match disk::manifest(dest) {
        Ok((old, _)) => old,
        Err(NoManifest::Unreadable(error)) => return Err(error.into()),
        // Whatever stands there, writing judges it.
        Err(NoManifest::Invalid(_)) => return Ok(Vec::new()),
    };
    let others = |entry: &&Entry| !part.has(&entry.path) && !OWN.contains(&entry.path.as_str());
    let (mut files, mut changed) = (Vec::new(), Vec::new());
    for entry in old.files.iter().filter(others) {
        match read_as_written(dest, entry)? {
            Some(file) => files.push((entry.path.clone(), file)),
            None => changed.push(entry.path.clone()),
        }
    }
    header.pinned &= old.header.pinned || files.is_empty();
    if changed.is_empty() { Ok(files) } else { Err(PartError::Changed(changed)) }
}

/// A file, if it is what `bundle.json` says.
fn read_as_written(dest: &Path, entry: &Entry) -> Result<Option<File>, ReadError> {
    let place = dest.join(entry.path.as_str());
    let Some(meta) = disk::look(&place)?.filter(|meta| disk::kind(meta) == Kind::File) else {
        return Ok(None);
    };
    if meta.len() != entry.size || !disk::has_mode(&meta, entry.mode) {
        return Ok(None);
    }
    let file = File::new(disk::read(&place)?, entry.mode);
    Ok(Some(file).filter(|file| file.sha256() == entry.sha256))
}
