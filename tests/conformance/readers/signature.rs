//! A signed bundle, in the eyes of `ssh-keygen`: for an example it makes a key, netgen signs with it,
//! and `ssh-keygen` says whether that holds.

use std::path::Path;

use super::{Reader, Root};
use crate::bench::{Bench, Fault, Verdict, scratch};
use crate::files::{find, read, write};
use crate::samples::examples;

pub const READER: Reader = Reader {
    name: "signature",
    root: Root::Source,
    files: |root| find(root, &["netgen.lock", "SHA256SUMS.sig"]),
    read: |bench, input| {
        input.each(|file| match file.ends_with("netgen.lock") {
            true => sign(bench, &input.root.join("network.yaml")),
            false => verify(bench, input.root),
        })
    },
};

fn sign(bench: &Bench, manifest: &Path) -> Verdict {
    let folder = scratch()?;
    let (key, bundle) = (folder.path().join("key"), folder.path().join("bundle"));
    let kind = ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"];
    bench.tool("ssh-keygen")?.args(kind).args([&key]).run()?.accepted()?;
    let mut netgen = std::process::Command::new(env!("CARGO_BIN_EXE_netgen"));
    netgen.env_clear().args(["build", "--quiet", "--sign"]).arg(&key).arg("-o").arg(&bundle).arg(manifest);
    let example = manifest.parent().unwrap_or(manifest);
    netgen.args(examples::has_unlocked(example).then_some("--allow-unlocked"));
    let output = netgen.output().map_err(Fault::io("cannot run netgen"))?;
    if !output.status.success() {
        return Err(Fault::Trouble(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let public = read(&key.with_extension("pub"))?;
    write(
        &bundle.join("allowed_signers"),
        &format!("ops@example.net namespaces=\"netgen-bundle\" {public}"),
    )?;
    verify(bench, &bundle)
}

/// `allowed_signers` stands beside the list and its signature.
fn verify(bench: &Bench, bundle: &Path) -> Verdict {
    bench.find("ssh-keygen")?;
    // It reads what is signed from its standard input.
    let script = "ssh-keygen -Y verify -f allowed_signers -I ops@example.net -n netgen-bundle \
                  -s SHA256SUMS.sig < SHA256SUMS";
    bench.tool("sh")?.at(bundle).args(["-c", script]).run()?.accepted()
}
