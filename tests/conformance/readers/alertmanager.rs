//! `amtool`, with the parser and the routing of Alertmanager itself.

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

/// Every alert calls whom the manifest says: the script that operators run.
pub const ROUTES: Reader = Reader {
    name: "alertmanager-routes",
    root: Root::Bundle,
    files: |root| find(root, &["alertmanager/tests/run.sh"]),
    read: |bench, input| {
        let amtool = bench.find("amtool")?;
        bench.tool("sh")?.at(input.root).args(input.files).args([amtool]).run()?.accepted()
    },
};
