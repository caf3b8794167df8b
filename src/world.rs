//! The only contact with the outside. The compiler itself reads no file, clock, environment or
//! network; `cli/` brings the real world, tests bring one in memory.

use std::collections::BTreeMap;
use std::io;

/// What the compiler may ask of the outside.
pub trait World {
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
