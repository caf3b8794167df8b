//! Caddy's own check: it loads every module with its settings, and starts nothing.

use super::{Reader, Root};
use crate::files::find;

pub const READER: Reader = Reader {
    name: "caddy",
    root: Root::Bundle,
    files: |root| find(root, &["config/**/caddy.json"]),
    read: |bench, input| {
        input.each(|file| {
            let caddy = bench.tool("caddy")?.at(input.root).args(["validate", "--config"]);
            caddy.args([file]).run()?.accepted()
        })
    },
};
