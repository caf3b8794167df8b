//! The only contact with the outside. The compiler itself reads no file, clock, environment or
//! network; `cli/` brings the real world, tests bring one in memory.

use std::collections::BTreeMap;
use std::io;

/// What the compiler may ask of the outside, from several threads.
pub trait World: Sync {
    /// The bytes of a file; the path is relative to the working folder or absolute.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;

    /// The names in a folder, sorted; an empty list where there is no such folder.
    fn list(&self, folder: &str) -> io::Result<Vec<String>>;

    /// The path with every link followed, which tells whether two paths are one file. A world
    /// without links need not answer.
    fn canonical(&self, path: &str) -> io::Result<String> {
        let _ = path;
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
}

/// Whether a path leads out of a folder by links; a world without links says that none does. Of a path
/// where nothing is, its folder counts: what lies beside it must not be told either.
pub fn leads_out(world: &dyn World, folder: &str, path: &str) -> bool {
    let folder = if folder.is_empty() { "." } else { folder };
    let Ok(folder) = world.canonical(folder) else { return false };
    let parent =
        path.rsplit_once('/').map_or(".", |(parent, _)| if parent.is_empty() { "/" } else { parent });
    let Ok(real) = world.canonical(path).or_else(|_| world.canonical(parent)) else { return false };
    let below = if folder.ends_with('/') { folder.clone() } else { format!("{folder}/") };
    real != folder && !real.starts_with(&below)
}

/// A world in memory, for tests and for callers that have the text already.
#[derive(Clone, Debug, Default)]
pub struct MemoryWorld {
    files: BTreeMap<String, Vec<u8>>,
}

impl MemoryWorld {
    /// A world with these files.
    pub fn new<P: Into<String>, T: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, T)>) -> Self {
        Self { files: files.into_iter().map(|(path, text)| (path.into(), text.into())).collect() }
    }
}

impl World for MemoryWorld {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.files.get(path).cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let prefix = format!("{}/", folder.trim_end_matches('/'));
        let mut names: Vec<String> = self
            .files
            .keys()
            .filter_map(|path| path.strip_prefix(&prefix))
            .filter_map(|rest| rest.split('/').next())
            .map(str::to_owned)
            .collect();
        names.dedup();
        Ok(names)
    }
}
