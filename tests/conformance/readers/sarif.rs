//! What `netgen check --format sarif` says of a manifest, in the eyes of the validator by the people
//! who wrote the format, with the rules by which GitHub takes a log.

use std::fs;
use std::path::Path;

use super::{Reader, Root};
use crate::bench::{Bench, Fault, Verdict, scratch};

pub const READER: Reader = Reader {
    name: "sarif",
    root: Root::Source,
    files: |root| crate::files::find(root, &["network.yaml", "findings.yaml", "log.sarif"]),
    read: |bench, input| {
        input.each(|file| {
            let path = input.root.join(file);
            match file.extension() {
                Some(ending) if ending == "sarif" => validate(bench, &path),
                _ => check(bench, &path),
            }
        })
    },
};

fn check(bench: &Bench, manifest: &Path) -> Verdict {
    let folder = scratch()?;
    let log = folder.path().join("log.sarif");
    let mut netgen = std::process::Command::new(env!("CARGO_BIN_EXE_netgen"));
    netgen.env_clear().args(["check", "--format", "sarif", "--as-of", "2026-11-21"]).arg(manifest);
    let output = netgen.output().map_err(Fault::io("cannot run netgen"))?;
    fs::write(&log, &output.stdout).map_err(Fault::io("cannot write the log"))?;
    validate(bench, &log)
}

fn validate(bench: &Bench, log: &Path) -> Verdict {
    let arguments = ["--rule-kind", "Sarif;Gh", "--level", "Error;Warning;Note"];
    let run = bench.tool("sarif-multitool")?.args(["validate"]).args([log]).args(arguments).run()?;
    let said = run.stdout.clone();
    run.accepted()?;
    // Its exit code is 0 whatever it finds. A log that it cannot read gets no remark at all, and one
    // that it can read gets at least the remark that our rules have no address on the web.
    if said.contains(": error ") || !said.contains(": note SARIF2012: ") {
        return Err(Fault::Rejected(said));
    }
    Ok(())
}
