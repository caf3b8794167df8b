//! `netgen --version`, without the parser of all commands: scripts ask for it before every run, and making
//! the parser takes longer than the answer.

use std::ffi::OsString;
use std::io::{self, Write as _};

use super::exit::Exit;

/// Answers, if that is all that was asked for. Any other way to ask is the parser's.
pub(super) fn answer(mut arguments: impl Iterator<Item = OsString>) -> Option<Exit> {
    let first = arguments.next()?;
    if (first != "--version" && first != "-V") || arguments.next().is_some() {
        return None;
    }
    let said = writeln!(io::stdout().lock(), "{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    Some(if said.is_ok() { Exit::Ok } else { Exit::Io })
}
