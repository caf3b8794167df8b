//! The real world: files, standard input, and the environment.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::{env, fs, io};

use super::Failure;
use super::args::{Changes, InputFormat, Source};
use super::exit::Exit;
use crate::Input;
use crate::load::{ENVIRONMENT_PREFIX, STDIN};
use crate::value::Format;
use crate::world::World;

/// Files of this machine.
pub(super) struct RealWorld;

/// The largest file that is read at all; larger ones are an error and not a full memory.
const MOST_BYTES: u64 = 128 << 20;

impl World for RealWorld {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        if path == STDIN {
            return read_stdin();
        }
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

    fn canonical(&self, path: &str) -> io::Result<String> {
        let path = fs::canonicalize(path)?;
        path.into_os_string().into_string().map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
    }
}

fn read_stdin() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(io::Error::other(format!("it has more than {} MiB", MOST_BYTES >> 20)));
    }
    Ok(bytes)
}

pub(super) const DEFAULT_NAMES: [&str; 4] = ["network.yaml", "network.yml", "network.toml", "network.json"];

/// What a command line means: manifest, overlays, changes, variables, lock.
pub(super) fn input(source: &Source) -> Result<Input, Failure> {
    changed(source.manifest.as_ref(), &source.changes)
}

/// A manifest with what is laid over it.
pub(super) fn changed(manifest: Option<&String>, changes: &Changes) -> Result<Input, Failure> {
    let manifests: Vec<String> = manifest.into_iter().chain(&changes.file).cloned().collect();
    if manifests.iter().filter(|path| *path == STDIN).count() > 1 {
        return Err(Failure::new(Exit::Usage, "standard input can be read once only"));
    }
    let mut input = Input::of(if manifests.is_empty() { vec![default_manifest()?] } else { manifests });
    input.format = changes.input_format.map(|format| match format {
        InputFormat::Yaml => Format::Yaml,
        InputFormat::Toml => Format::Toml,
        InputFormat::Json => Format::Json,
    });
    input.sets.clone_from(&changes.set);
    input.variables.clone_from(&changes.var);
    input.environment = variables();
    if let Some(lock) = &changes.lock {
        input.lock.clone_from(lock);
    }
    Ok(input)
}

/// The variables of the environment that a manifest can read. What is not text can be no value of one.
pub(super) fn variables() -> BTreeMap<String, String> {
    env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(key, _)| key.starts_with(ENVIRONMENT_PREFIX))
        .collect()
}

pub(super) fn default_manifest() -> Result<String, Failure> {
    if let Some(path) = env::var_os("NETGEN_MANIFEST").filter(|path| !path.is_empty()) {
        return path
            .into_string()
            .map_err(|_| Failure::new(Exit::Usage, "NETGEN_MANIFEST is not UTF-8 text"));
    }
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
