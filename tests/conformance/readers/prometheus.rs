//! `promtool`, with the parsers of Prometheus itself.

use super::{Reader, Root};
use crate::files::find;

pub const CONFIG: Reader = Reader {
    name: "promtool-config",
    root: Root::Bundle,
    files: |root| find(root, &["prometheus/prometheus.yml", "prometheus/stores/*/prometheus.yml"]),
    read: |bench, input| {
        bench.tool("promtool")?.at(input.root).args(["check", "config"]).args(input.files).run()?.accepted()
    },
};

/// Without `--lint-fatal` promtool prints FAILED for a rule that is there twice,
/// and ends with 0.
pub const RULES: Reader = Reader {
    name: "promtool-rules",
    root: Root::Bundle,
    files: |root| find(root, &["prometheus/**/rules/*.yml"]),
    read: |bench, input| {
        let promtool = bench.tool("promtool")?.at(input.root);
        let check = promtool.args(["check", "rules", "--lint=all", "--lint-fatal"]);
        check.args(input.files).run()?.accepted()
    },
};

/// The alerts fire when their unit tests say so.
pub const TESTS: Reader = Reader {
    name: "promtool-tests",
    root: Root::Bundle,
    files: |root| find(root, &["prometheus/**/tests/*.yml"]),
    read: |bench, input| {
        bench.tool("promtool")?.at(input.root).args(["test", "rules"]).args(input.files).run()?.accepted()
    },
};
