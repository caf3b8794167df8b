//! The statement of where a bundle comes from, in the eyes of the in-toto project's own bindings.

use super::{Reader, Root};
use crate::files::find;
use crate::samples::here;

pub const READER: Reader = Reader {
    name: "provenance",
    root: Root::Bundle,
    files: |root| find(root, &["provenance.json"]),
    read: |bench, input| {
        let script = here().join("provenance.py");
        bench.tool("reader-python")?.at(input.root).args([script]).args(input.files).run()?.accepted()
    },
};
