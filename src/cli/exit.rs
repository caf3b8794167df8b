//! Exit codes.

use std::process::ExitCode;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// All is well.
    Ok,
    /// Errors were found.
    Findings,
    /// The command line is wrong.
    Usage,
    /// Something is out of date (`--check`).
    Stale,
    /// The lock is missing or does not pin every image.
    Lock,
    /// A file or a registry cannot be read or written.
    Io,
}

impl Exit {
    pub(super) fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Ok => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Stale => 3,
            Self::Lock => 4,
            Self::Io => 5,
        })
    }
}
