//! The grammar by which Grafana reads `LogQL`, over all queries at once: rules of the ruler, panels of
//! dashboards, and links between lines. It finds what no YAML or JSON reader looks into.

use super::{Reader, Root};
use crate::files::find;
use crate::samples::here;

pub const READER: Reader = Reader {
    name: "logql",
    root: Root::Bundle,
    files: |root| find(root, &["loki/rules/**/*.yml", "grafana/dashboards/logs.json"]),
    read: |bench, input| {
        // Node finds the modules of all readers by this one program.
        let node = bench.tool("mermaid-node")?.at(input.root);
        node.args([here().join("logql-parse.mjs")]).args(input.files).run()?.accepted()
    },
};
