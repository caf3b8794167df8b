//! The real world: files.

use std::{fs, io};

use super::args::Source;
use super::exit::Exit;
use super::{Failure, args};
use crate::Input;
use crate::world::World;

/// Files of this machine.
pub(super) struct RealWorld;

/// The largest file that is read at all; larger ones are an error and not a full memory.
const MOST_BYTES: u64 = 128 << 20;

impl World for RealWorld {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let meta = fs::metadata(path)?;
        if meta.is_dir() {
            return Err(io::Error::other("it is a folder"));
        }
        if !meta.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        if meta.len() > MOST_BYTES {
            return Err(io::Error::other(format!("it has more than {} MiB", MOST_BYTES >> 20)));
        }
        fs::read(path)
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        match fs::read_dir(folder) {
            Ok(entries) => {
                for entry in entries {
                    names.extend(entry?.file_name().into_string().ok());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        names.sort();
        Ok(names)
    }
}

const DEFAULT_NAMES: [&str; 4] = ["network.yaml", "network.yml", "network.toml", "network.json"];

/// The manifest and lock that a command line means.
pub(super) fn input(source: &args::Source) -> Result<Input, Failure> {
    let Source { manifest, lock, .. } = source;
    let manifest = match manifest {
        Some(path) => path.clone(),
        None => default_manifest()?,
    };
    let mut input = Input::new(manifest);
    if let Some(lock) = lock {
        input.lock.clone_from(lock);
    }
    Ok(input)
}

fn default_manifest() -> Result<String, Failure> {
    let found: Vec<&str> =
        DEFAULT_NAMES.iter().copied().filter(|name| fs::metadata(name).is_ok_and(|m| m.is_file())).collect();
    match found.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => Err(Failure::new(
            Exit::Usage,
            "no manifest: there is no network.yaml, .yml, .toml or .json here; name one",
        )),
        several => Err(Failure::new(
            Exit::Usage,
            format!("several manifests: {}; name the one that is meant", several.join(", ")),
        )),
    }
}
