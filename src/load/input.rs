//! What is compiled.

use std::collections::BTreeMap;

use super::path::{folder_of, join};
use crate::value::Format;

/// The path that stands for standard input.
pub const STDIN: &str = "-";

/// The beginning of the environment variables that give values to variables of the manifest.
pub const ENVIRONMENT_PREFIX: &str = "NETGEN_VAR_";

/// What is compiled: files, and what the command line changes in them.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// The manifest, then its overlays, each laid over those before; [`STDIN`] is standard input.
    pub manifests: Vec<String>,
    /// The format of standard input and of files whose ending says none.
    pub format: Option<Format>,
    /// `path=value`, each laid over all files and those before.
    pub sets: Vec<String>,
    /// `name=value` for variables.
    pub variables: Vec<String>,
    /// The environment variables that begin with [`ENVIRONMENT_PREFIX`].
    pub environment: BTreeMap<String, String>,
    /// The path of the lock; a file that does not exist is an empty lock.
    pub lock: String,
}

impl Input {
    /// A manifest with the lock beside it.
    pub fn new(manifest: impl Into<String>) -> Self {
        Self::of(vec![manifest.into()])
    }

    /// A manifest and its overlays, with the lock beside the first.
    pub fn of(manifests: Vec<String>) -> Self {
        let mut input = Self { manifests, ..Self::default() };
        input.lock = join(input.folder(), "netgen.lock");
        input
    }

    /// The first manifest.
    pub fn manifest(&self) -> &str {
        self.manifests.first().map_or("", String::as_str)
    }

    /// The folder of the first manifest: the user's components and chains stand there.
    pub fn folder(&self) -> &str {
        folder_of(self.manifest())
    }
}
