//! yamllint over every YAML file, with our own configuration. It finds what the
//! readers of one format let pass, above all a key that is there twice.

use super::{Reader, Root};
use crate::files::find;
use crate::samples::here;

pub const READER: Reader = Reader {
    name: "yamllint",
    root: Root::Bundle,
    files: |root| find(root, &["**/*.yml", "**/*.yaml"]),
    read: |bench, input| {
        let yamllint = bench.tool("yamllint")?.at(input.root).args(["--strict", "--format=parsable", "-c"]);
        yamllint.args([here().join("yamllint.yaml")]).args(input.files).run()?.silent()
    },
};
