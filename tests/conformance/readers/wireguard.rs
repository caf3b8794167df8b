//! `wg` reads the mesh as it would before it tells the kernel. The interface that it is told to change
//! is not there, so nothing changes; whoever gets as far as that has read the file.

use super::{Reader, Root};
use crate::files::find;

pub const READER: Reader = Reader {
    name: "wireguard",
    root: Root::Bundle,
    files: |root| find(root, &["wireguard/**/mesh.conf"]),
    read: |bench, input| {
        input.each(|file| {
            let wg = bench.tool("wg")?.at(input.root).args(["setconf", "wg-not-there"]).args([file]);
            let run = wg.run()?;
            if run.stderr.contains("Unable to modify interface") { Ok(()) } else { Err(run.rejection()) }
        })
    },
};
