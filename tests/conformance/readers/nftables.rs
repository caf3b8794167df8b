//! `nft -c`: the kernel's own answer to a firewall, which is then not put in place.

use std::ffi::OsString;

use super::{Input, Reader, Root};
use crate::bench::{Bench, Fault, Tool, Verdict};
use crate::files::find;

pub const READER: Reader = Reader {
    name: "nftables",
    root: Root::Bundle,
    files: |root| find(root, &["firewall/**/nftables.conf"]),
    read: check,
};

/// In an empty network namespace the rules of this machine neither help nor
/// hinder, and most kernels let everyone make one. Where they do not, as in a
/// container, the right to administer the network does too.
const WAYS: [&[&str]; 2] = [&["unshare", "--map-root-user", "--net", "nft"], &["nft"]];

fn check(bench: &Bench, input: &Input<'_>) -> Verdict {
    // The error for a machine without nft, which the ways would hide.
    bench.find("nft")?;
    let way = WAYS.iter().find(|way| may(bench, way)).ok_or_else(|| {
        Fault::Missing(
            "needs a network namespace or CAP_NET_ADMIN for nft, and this machine gives neither".to_owned(),
        )
    })?;
    input.each(|file| {
        let nft = by(bench, way)?.at(input.root).args(["-c", "-f"]);
        nft.args([OsString::from(file)]).run()?.silent()
    })
}

fn by(bench: &Bench, way: &[&str]) -> Result<Tool, Fault> {
    let (program, arguments) = way.split_first().unwrap_or((&"nft", &[]));
    Ok(bench.tool(program)?.args(arguments))
}

fn may(bench: &Bench, way: &[&str]) -> bool {
    let run = by(bench, way).and_then(|nft| nft.args(["list", "ruleset"]).run());
    run.is_ok_and(|run| run.accepted().is_ok())
}
