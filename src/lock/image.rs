//! The pin of one image.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::quoted;
use crate::diag::{Diagnostic, Sink, codes};
use crate::text::Spanned;
use crate::topology::is_digest;

/// What one image reference stands for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Pin {
    /// The digest of the image index; of the manifest where there is no index.
    #[schemars(extend("pattern" = "^sha256:[0-9a-f]{64}$"))]
    pub digest: Spanned<String>,
    /// The digest of the manifest for each platform of Linux, such as `linux/amd64`; absent where it is
    /// not known.
    #[serde(default)]
    pub platforms: Option<BTreeMap<String, Spanned<String>>>,
    /// Where the manifest asks for it: paths such as `stacks.node.execution` or `images.geth`.
    #[serde(default)]
    pub wanted_by: Vec<String>,
}

impl Pin {
    /// A pin that stands in no file.
    pub fn new(digest: String, platforms: Option<BTreeMap<String, String>>) -> Self {
        let nowhere = |(name, digest)| (name, Spanned::nowhere(digest));
        Self {
            digest: Spanned::nowhere(digest),
            platforms: platforms.map(|platforms| platforms.into_iter().map(nowhere).collect()),
            wanted_by: Vec::new(),
        }
    }

    /// Reports digests that are none.
    pub(super) fn check(&self, reference: &str, sink: &mut Sink) {
        let platforms = self.platforms.iter().flatten().map(|(_, digest)| digest);
        for digest in std::iter::once(&self.digest).chain(platforms).filter(|digest| !is_digest(digest)) {
            sink.push(
                Diagnostic::new(&codes::BAD_LOCK, digest.span, format!("`{reference}` has no valid digest"))
                    .here("not `sha256:` and 64 hex digits")
                    .help(format!(
                        "take the line out and run `netgen lock`, which finds the digest of `{reference}`"
                    )),
            );
        }
    }

    /// The table of a reference. One line a platform, so that a diff shows which one changed.
    pub(super) fn to_toml(&self, reference: &str) -> String {
        let mut text = format!("\n[image.{}]\ndigest = {}\n", quoted(reference), quoted(&self.digest));
        if self.platforms.as_ref().is_some_and(BTreeMap::is_empty) {
            text.push_str("platforms = {}\n");
        }
        for (platform, digest) in self.platforms.iter().flatten() {
            text.push_str(&format!("platforms.{} = {}\n", quoted(platform), quoted(digest)));
        }
        if !self.wanted_by.is_empty() {
            let paths: Vec<String> = self.wanted_by.iter().map(|path| quoted(path)).collect();
            text.push_str(&format!("wanted-by = [{}]\n", paths.join(", ")));
        }
        text
    }
}
