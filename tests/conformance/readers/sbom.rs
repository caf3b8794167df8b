//! The list of images, in the eyes of the reference library of CycloneDX.

use super::{Reader, Root};
use crate::files::find;
use crate::samples::here;

pub const READER: Reader = Reader {
    name: "sbom",
    root: Root::Bundle,
    files: |root| find(root, &["sbom.cdx.json"]),
    read: |bench, input| {
        let script = here().join("sbom.py");
        bench.tool("reader-python")?.at(input.root).args([script]).args(input.files).run()?.accepted()
    },
};
