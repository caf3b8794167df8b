//! The `netgen` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    netgen::cli::main()
}
