//! Mermaid's own parser, over all diagrams at once. It finds labels that are not
//! closed and words of the grammar used as names.

use super::{Reader, Root};
use crate::files::find;
use crate::samples::here;

pub const READER: Reader = Reader {
    name: "mermaid",
    root: Root::Bundle,
    files: |root| find(root, &["diagrams/**/*.mmd"]),
    read: |bench, input| {
        let node = bench.tool("mermaid-node")?.at(input.root);
        node.args([here().join("mermaid-parse.mjs")]).args(input.files).run()?.accepted()
    },
};
