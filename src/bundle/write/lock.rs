//! One writer a destination.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use super::WriteError;
use super::target::Target;
use crate::bundle::disk::{self, failed};

/// How long one waits for another build, in steps: a build takes seconds, so half a minute means
/// that something hangs.
const STEPS: u32 = 600;
const SUFFIX: &str = ".netgen-lock";
const STEP: Duration = Duration::from_millis(50);

/// Holds the lock of a destination until it is dropped. A lock of a killed process is free.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    /// Carries the lock; the system frees it when the file is closed.
    _file: File,
}

impl Lock {
    pub(super) fn acquire(target: &Target) -> Result<Self, WriteError> {
        Self::acquire_within(target, STEPS)
    }

    pub(super) fn acquire_within(target: &Target, steps: u32) -> Result<Self, WriteError> {
        let path = target.beside(SUFFIX);
        for _ in 0..=steps {
            let file = open(&path).map_err(failed("create", &path))?;
            match file.try_lock() {
                Ok(()) => {
                    let mine = file.metadata().map_err(failed("look at", &path))?;
                    // The last holder may have deleted the file between our opening and locking it:
                    // then the lock is on a file that no newcomer will ever see.
                    if disk::look(&path)?.is_some_and(|meta| disk::identity(&meta) == disk::identity(&mine)) {
                        // For those who wait; that it could not be said stops nothing.
                        let _ = file.set_len(0).and_then(|()| write!(&file, "{}", std::process::id()));
                        return Ok(Self { path, _file: file });
                    }
                }
                Err(TryLockError::WouldBlock) => thread::sleep(STEP),
                Err(TryLockError::Error(error)) => return Err(failed("lock", &path)(error).into()),
            }
        }
        let holder = fs::read_to_string(&path).ok().and_then(|id| id.parse().ok());
        Err(WriteError::Busy(target.path.clone(), holder))
    }
}

/// Removes the file of a lock that a killed process left, where nothing else is to be done. It harms
/// nobody, so that it cannot be removed is no error.
pub(super) fn sweep(target: &Target) {
    if disk::look(&target.beside(SUFFIX)).is_ok_and(|found| found.is_some()) {
        drop(Lock::acquire_within(target, 0));
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While it is still locked, so that nobody else's file is hit. A file left behind is harmless.
        let _ = fs::remove_file(&self.path);
    }
}

fn open(path: &std::path::Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // In a folder that others can write to, the name could be a link to anywhere.
        options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    options.open(path)
}
