//! `amtool`, with the parser of Alertmanager itself.

use super::{Reader, Root};
use crate::files::find;

pub const READER: Reader = Reader {
    name: "alertmanager",
    root: Root::Bundle,
    files: |root| find(root, &["alertmanager/**/alertmanager.yml"]),
    read: |bench, input| {
        bench.tool("amtool")?.at(input.root).args(["check-config"]).args(input.files).run()?.accepted()
    },
};
