//! The proxy's own check, and a warning is fatal: else a proxy that has no timeouts passes. Servers must be
//! addresses, or say `init-addr none`, for the proxy looks names up when it reads its file: with that, a name that
//! nobody knows yet is asked for again later, and says so by a warning that is none.

use super::{Reader, Root};
use crate::bench::Fault;
use crate::files::find;

pub const READER: Reader = Reader {
    name: "haproxy",
    root: Root::Bundle,
    files: |root| find(root, &["config/**/haproxy.cfg", "haproxy/**/haproxy.cfg"]),
    read: |bench, input| {
        input.each(|file| {
            let run = bench.tool("haproxy")?.at(input.root).args(["-c", "-f"]).args([file]).run()?;
            run.accepted()?;
            let known_later = |line: &&str| {
                line.contains("could not resolve address") && line.ends_with("disabling server.")
            };
            let warning = |line: &&str| line.starts_with("[WARNING]") && !known_later(line);
            match run.stderr.lines().find(warning) {
                None => Ok(()),
                Some(line) => Err(Fault::Rejected(line.to_owned())),
            }
        })
    },
};
