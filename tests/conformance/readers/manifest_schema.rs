//! The example's manifest against the schema that its first line names, as an
//! editor reads it: another validator than the one inside netgen.

use std::path::{Path, PathBuf};

use super::{Input, Reader, Root};
use crate::bench::{Bench, Fault, Verdict};
use crate::files::{find, read};

pub const READER: Reader = Reader {
    name: "manifest-schema",
    root: Root::Source,
    files: |root| find(root, &["network.yaml"]),
    read: |bench, input| input.each(|manifest| check(bench, input, manifest)),
};

fn check(bench: &Bench, input: &Input<'_>, manifest: &PathBuf) -> Verdict {
    let schema = schema_of(&input.root.join(manifest))?;
    let validator = || Ok(bench.tool("check-jsonschema")?.at(input.root));
    validator()?.args(["--check-metaschema", &schema]).run()?.accepted()?;
    validator()?.args(["--schemafile", &schema]).args([manifest]).run()?.accepted()
}

fn schema_of(manifest: &Path) -> Result<String, Fault> {
    let text = read(manifest)?;
    let named = text.lines().find_map(|line| line.strip_prefix("# yaml-language-server: $schema="));
    named.map(|schema| schema.trim().to_owned()).ok_or_else(|| {
        Fault::Rejected("no line `# yaml-language-server: $schema=...` tells editors the schema".to_owned())
    })
}
