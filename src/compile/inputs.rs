//! What a bundle is made from: remembered while it is read.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::bundle::{self, Input};
use crate::catalog::{CHAIN_FOLDER, Catalog, USER_FOLDER};
use crate::embedded;
use crate::load::{self, Giver, Loaded, STDIN, join};
use crate::lock::Lock;
use crate::topology::Topology;
use crate::world::World;

fn input(path: &str, bytes: &[u8]) -> Input {
    Input { path: path.to_owned(), sha256: bundle::sha256(bytes) }
}

/// What the bundle was made from, by name, with SHA-256 in hex.
///
/// All files of the manifest count as one, by what they say together. Of the catalog only what the
/// network uses counts.
pub(super) fn inputs(
    loaded: &Loaded,
    lock: &Lock,
    world: &Recorder<'_>,
    folder_of_manifest: &str,
    catalog: &Catalog,
    topology: &Topology,
) -> Vec<Input> {
    let mut inputs = vec![
        input("manifest", loaded.canonical().as_bytes()),
        input("netgen.lock", lock.to_toml().as_bytes()),
    ];
    for folder in [USER_FOLDER, CHAIN_FOLDER] {
        let own = format!("{}/", join(folder_of_manifest, folder));
        for (path, sha256) in locked(&world.seen).iter() {
            if let Some(rest) = path.strip_prefix(&own) {
                inputs.push(Input { path: format!("{folder}/{rest}"), sha256: sha256.clone() });
            }
        }
    }
    let used: BTreeSet<&str> =
        topology.services.iter().map(|service| service.component.component.value.as_str()).collect();
    let built_in = used.into_iter().filter(|id| catalog.used(id).is_some_and(|entry| !entry.own));
    let components = built_in.map(|id| format!("components/{id}/"));
    let chain = Some(&topology.chain.id).filter(|id| catalog.is_built_in_chain(id));
    for begin in components.chain(chain.map(|id| format!("chains/{id}.yaml"))) {
        let from = embedded::FILES.partition_point(|(path, _)| *path < begin.as_str());
        let files = embedded::FILES.iter().skip(from).take_while(|(path, _)| path.starts_with(&begin));
        inputs.extend(files.map(|(path, text)| input(&format!("netgen/{path}"), text.as_bytes())));
    }
    inputs
}

/// The names of what was changed from outside, and every file that was read.
pub(super) fn request(loaded: &Loaded, world: &Recorder<'_>, asked: &load::Input) -> bundle::Request {
    let given = loaded.variables.iter().filter(|(_, value)| !matches!(value.giver, Giver::Default(_)));
    let sets = asked.sets.iter().map(|set| set.split('=').next().unwrap_or("").to_owned());
    let folder = join(asked.folder(), "");
    let below = |path: &str| match path {
        STDIN => "<stdin>".to_owned(),
        // A path from elsewhere would name a machine.
        path => match path.strip_prefix(&folder).filter(|rest| !rest.starts_with("../")) {
            Some(rest) if !rest.starts_with('/') => rest.to_owned(),
            _ => path.rsplit('/').next().unwrap_or(path).to_owned(),
        },
    };
    let mut sources: Vec<Input> = locked(&world.all)
        .iter()
        .map(|(path, sha256)| Input { path: below(path), sha256: sha256.clone() })
        .collect();
    sources.sort();
    bundle::Request {
        sets: sets.collect::<BTreeSet<_>>().into_iter().collect(),
        variables: given.map(|(name, _)| name.to_string()).collect(),
        sources,
    }
}

/// What was read, by path. Nothing is left half done by a reader that panics.
fn locked(read: &Mutex<BTreeMap<String, String>>) -> MutexGuard<'_, BTreeMap<String, String>> {
    read.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A world that remembers what was read.
pub(super) struct Recorder<'a> {
    inner: &'a dyn World,
    /// What was read since the manifest was loaded.
    seen: Mutex<BTreeMap<String, String>>,
    /// All that was read.
    all: Mutex<BTreeMap<String, String>>,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(inner: &'a dyn World) -> Self {
        Self { inner, seen: Mutex::default(), all: Mutex::default() }
    }

    /// The files of the manifest have been read: from here on it is the catalog's.
    pub(super) fn loaded(&self) {
        locked(&self.seen).clear();
    }
}

impl World for Recorder<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let bytes = self.inner.read(path)?;
        let digest = bundle::sha256(&bytes);
        locked(&self.seen).insert(path.to_owned(), digest.clone());
        locked(&self.all).insert(path.to_owned(), digest);
        Ok(bytes)
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        self.inner.list(folder)
    }

    fn canonical(&self, path: &str) -> io::Result<String> {
        self.inner.canonical(path)
    }
}
