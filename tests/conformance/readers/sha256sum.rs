//! `sha256sum -c`: what a person types to see whether a bundle is whole.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{Input, Reader, Root};
use crate::bench::{Bench, Fault, Verdict};
use crate::files::{all, find, read};

pub const READER: Reader = Reader {
    name: "sha256sum",
    root: Root::Bundle,
    files: |root| find(root, &["SHA256SUMS"]),
    read: |bench, input| input.each(|sums| verify(bench, input, sums)),
};

fn verify(bench: &Bench, input: &Input<'_>, sums: &PathBuf) -> Verdict {
    let sha256sum = bench.tool("sha256sum")?.at(input.root).args(["-c", "--strict", "--quiet"]);
    sha256sum.args([sums]).run()?.silent()?;
    // sha256sum does not miss a file that has no line.
    let text = read(&input.root.join(sums))?;
    let listed: BTreeSet<&str> = text.lines().filter_map(|line| line.get(66..)).collect();
    let is_sums = |file: &PathBuf| file.to_string_lossy().starts_with("SHA256SUMS");
    let unlisted = all(input.root)
        .into_iter()
        .find(|file| !is_sums(file) && !listed.contains(file.to_string_lossy().as_ref()));
    match unlisted {
        None => Ok(()),
        Some(file) => Err(Fault::Rejected(format!("{} has no line in SHA256SUMS", file.display()))),
    }
}
