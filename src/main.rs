//! The `netgen` command.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Strings of all sizes, made and freed by several threads: the allocator of the C library, that of musl above
/// all, would take most of the time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    netgen::cli::main()
}
