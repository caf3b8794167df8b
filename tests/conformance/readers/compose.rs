//! Compose v2 itself, without a daemon. It prints the whole model back, so what it
//! takes is what it would run.

use std::path::Path;

use super::{Input, Reader, Root};
use crate::bench::{Bench, Fault, Verdict};
use crate::files::find;

pub const READER: Reader = Reader {
    name: "compose",
    root: Root::Bundle,
    files: |root| find(root, &["compose/**/compose.yaml"]),
    read: |bench, input| {
        // Some distributions still have Compose 1 under this name: another program.
        let version = bench.tool("docker-compose")?.args(["version", "--short"]).run()?;
        if version.stdout.trim_start_matches('v').starts_with("1.") {
            return Err(Fault::Missing("needs docker-compose 2; .ci/install-readers installs it".to_owned()));
        }
        input.each(|file| check(bench, input, file))
    },
};

fn check(bench: &Bench, input: &Input<'_>, file: &Path) -> Verdict {
    let config = |flag: &str| {
        let compose = bench.tool("docker-compose")?.at(input.root);
        compose.args(["-f".as_ref(), file.as_os_str()]).args(["config", flag]).run()
    };
    // A variable that is not set is only a warning to Compose, and empty.
    config("--quiet")?.silent()?;
    let images = config("--images")?;
    images.without_warning()?;
    // What no digest pins is told at the top of the Makefile, where whoever deploys sees it.
    let front = crate::files::read(&input.root.join("Makefile")).unwrap_or_default();
    let told = |image: &str| {
        front.contains("\n# NOT FOR PRODUCTION") && front.lines().any(|line| line == format!("#   {image}"))
    };
    match images.stdout.lines().find(|image| !is_pinned(image) && !told(image)) {
        None => Ok(()),
        Some(image) => Err(Fault::Rejected(format!("{}: `{image}` has no sha256 digest", file.display()))),
    }
}

/// Compose takes any text for a digest.
fn is_pinned(image: &str) -> bool {
    let digest = image.split_once("@sha256:").map(|(_, digest)| digest);
    digest.is_some_and(|digest| digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
