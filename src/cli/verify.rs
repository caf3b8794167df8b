//! `netgen verify`

use super::args::Verify as Args;
use super::exit::Exit;
use super::output::Output;
use super::{Failure, Outcome};
use crate::bundle;

pub(super) fn run(args: &Args, output: &Output) -> Outcome {
    let shown = args.bundle.display();
    let mismatches =
        bundle::verify(&args.bundle).map_err(|error| Failure::new(Exit::Io, error.to_string()))?;
    if !mismatches.is_empty() {
        let lines: String = mismatches.iter().map(|mismatch| format!("{mismatch}\n")).collect();
        output.data(&lines);
        return Err(Failure::new(
            Exit::Findings,
            format!("{shown}: {} files are not as they were built", mismatches.len()),
        ));
    }
    if args.production {
        let bytes = std::fs::read(args.bundle.join(bundle::BUNDLE_JSON))
            .map_err(|error| Failure::new(Exit::Io, format!("cannot read `{shown}`: {error}")))?;
        let manifest = bundle::Manifest::parse(&bytes).map_err(|why| Failure::new(Exit::Findings, why))?;
        if !manifest.header.pinned {
            return Err(Failure::new(
                Exit::Findings,
                format!("{shown} was built with `--allow-unlocked`: some images have no digest"),
            ));
        }
    }
    output.note(&format!("{shown}: complete and untouched"));
    Ok(Exit::Ok)
}
