//! Dashboards, before the types that Grafana is built with and before its own library.

use std::path::{Path, PathBuf};

use super::{Reader, Root};
use crate::files::find;
use crate::samples::here;

/// The compiler of TypeScript with `@grafana/schema`: names, kinds and words of every key.
pub const TYPES: Reader = Reader {
    name: "grafana-types",
    root: Root::Bundle,
    files: dashboards,
    read: |bench, input| {
        let script = here().join("grafana-types.mjs");
        bench.tool("reader-node")?.at(input.root).args([script]).args(input.files).run()?.accepted()
    },
};

/// The Foundation SDK: what it reads and writes again must be what it was given, queries and options of
/// the panels too.
pub const SDK: Reader = Reader {
    name: "grafana-sdk",
    root: Root::Bundle,
    files: dashboards,
    read: |bench, input| {
        let script = here().join("grafana-sdk.py");
        bench.tool("reader-python")?.at(input.root).args([script]).args(input.files).run()?.accepted()
    },
};

fn dashboards(root: &Path) -> Vec<PathBuf> {
    find(root, &["grafana/dashboards/*.json"])
}
