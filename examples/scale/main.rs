//! Prints the manifest of a sound network of any size: `cargo run --release --example scale 10000`.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

use std::io::Write as _;
use std::process::ExitCode;

#[path = "../../tests/benches/workload.rs"]
mod workload;

/// As many nodes as an operator of a large network has.
const NODES: usize = 10_000;
/// The addresses of the generated hosts allow no more.
const MOST: usize = 4_000_000;

fn main() -> ExitCode {
    let argument = std::env::args().nth(1);
    let nodes = match argument.map(|text| text.parse::<usize>()) {
        None => NODES,
        Some(Ok(nodes)) if (4..=MOST).contains(&nodes) => nodes,
        Some(_) => {
            eprintln!(
                "usage: scale [nodes]\n\nprints a manifest; nodes: from 4 to {MOST}, {NODES} if not given"
            );
            return ExitCode::from(2);
        }
    };
    // Who reads it may have enough of it: `scale | head`.
    let _ = std::io::stdout().write_all(workload::yaml(nodes).as_bytes());
    ExitCode::SUCCESS
}
