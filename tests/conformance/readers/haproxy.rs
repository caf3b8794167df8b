//! The proxy's own check. `-dW` makes a warning fatal: without it a proxy that has
//! no timeouts passes. Servers must be addresses, or say `init-addr none`, for the
//! proxy looks names up when it reads its file.

use super::{Reader, Root};
use crate::files::find;

pub const READER: Reader = Reader {
    name: "haproxy",
    root: Root::Bundle,
    files: |root| find(root, &["config/**/haproxy.cfg", "haproxy/**/haproxy.cfg"]),
    read: |bench, input| {
        input.each(|file| {
            bench.tool("haproxy")?.at(input.root).args(["-c", "-dW", "-f"]).args([file]).run()?.accepted()
        })
    },
};
