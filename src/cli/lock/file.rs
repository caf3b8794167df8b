//! The lock file itself: read before, written after, and never half.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::super::exit::Exit;
use super::super::world::RealWorld;
use super::super::{Failure, Output};
use crate::diag::{Diagnostic, Severity, Sink};
use crate::load::STDIN;
use crate::lock::{Lock, has_conflict};
use crate::text::SourceMap;
use crate::world::World;

/// The lock as it was found.
pub(super) struct Old {
    /// Its bytes; `None` where there is no file.
    pub(super) bytes: Option<Vec<u8>>,
    /// What it says; empty where there is no file, or one that cannot be used.
    pub(super) lock: Lock,
}

/// A lock with both sides of a merge in it, which no command may choose between.
pub(super) struct Conflict {
    pub(super) sources: SourceMap,
    pub(super) findings: Vec<Diagnostic>,
}

/// Reads the lock. One that cannot be used counts as empty, because it is about to be written anew.
pub(super) fn read(path: &str, output: &Output) -> Result<Result<Old, Conflict>, Failure> {
    let bytes = match RealWorld.read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Ok(Old { bytes: None, lock: Lock::empty() }));
        }
        Err(error) => return Err(Failure::new(Exit::Io, format!("cannot read `{path}`: {error}"))),
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (mut sources, mut sink) = (SourceMap::default(), Sink::new());
    let lock = Lock::read(path, &text, &mut sources, &mut sink);
    let lock = if sink.count(Severity::Error) == 0 {
        lock
    } else if has_conflict(&text) {
        return Ok(Err(Conflict { sources, findings: sink.into_sorted() }));
    } else {
        output.note(&format!("{path} cannot be used and is written anew"));
        None
    };
    Ok(Ok(Old { bytes: Some(bytes), lock: lock.unwrap_or_else(Lock::empty) }))
}

/// Writes beside and renames, so that a crash leaves the old lock whole.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let failed =
        |error: io::Error| Failure::new(Exit::Io, format!("cannot write `{}`: {error}", path.display()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".netgen.lock").tempfile_in(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644)).map_err(failed)?;
    }
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// The real world, but for the lock, of which there may be one that is not written yet. Standard input
/// can be read as often as one likes.
pub(super) struct WithLock<'a> {
    path: &'a str,
    pub(super) lock: Option<String>,
    stdin: Mutex<Option<Vec<u8>>>,
}

impl<'a> WithLock<'a> {
    pub(super) fn new(path: &'a str) -> Self {
        Self { path, lock: None, stdin: Mutex::default() }
    }
}

impl World for WithLock<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        match &self.lock {
            Some(text) if path == self.path => return Ok(text.clone().into_bytes()),
            _ => {}
        }
        if path != STDIN {
            return RealWorld.read(path);
        }
        let mut stdin = self.stdin.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = &*stdin {
            return Ok(bytes.clone());
        }
        let bytes = RealWorld.read(path)?;
        *stdin = Some(bytes.clone());
        Ok(bytes)
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        RealWorld.list(folder)
    }

    fn canonical(&self, path: &str) -> io::Result<String> {
        RealWorld.canonical(path)
    }
}
