//! The schemas of the API of Kubernetes. Every object is one of its own kinds: the program passes over a kind
//! that it does not know with a mere warning, so a warning is a refusal here.
//!
//! Two files hold objects of others: the kustomization, which no server is ever sent, and those of the External
//! Secrets Operator. `tests/kubernetes.rs` reads both.

use super::{Reader, Root};
use crate::files::find;

pub const READER: Reader = Reader {
    name: "kubernetes",
    root: Root::Bundle,
    files: |root| {
        let mut files = find(root, &["kubernetes/*/*.yaml", "kubernetes/*/services/*.yaml"]);
        files.retain(|file| {
            !["kustomization.yaml", "external-secrets.yaml"].iter().any(|name| file.ends_with(name))
        });
        files
    },
    read: |bench, input| {
        let validate = bench.tool("kubernetes-validate")?.at(input.root).args(["--strict"]);
        let said = validate.args(input.files).run()?;
        if [&said.stdout, &said.stderr].iter().any(|text| text.contains("WARN")) {
            return Err(said.rejection());
        }
        said.accepted()
    },
};
