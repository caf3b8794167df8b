//! Who peers with whom.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Named;
use super::names::Names;

/// Who peers with whom: a word, or a word with the nodes that it is about.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Peering {
    /// Every node with every other.
    FullMesh,
    /// Every node with the next one by name, and the last with the first.
    Ring,
    /// Nodes with the role `validator` reach every node with the role `sentry` and nobody else. All
    /// other nodes peer with the sentries and with each other.
    Sentry,
    /// As `sentry`, and each validator has sentries of its own: `{ val-1: [sentry-1, sentry-2] }`.
    Sentries(Named<Names>),
    /// Every node with these, and these with each other.
    Star(Names),
    /// The nodes of a group with each other; a node in two groups joins them.
    Groups(Named<Names>),
    /// Pairs, each written once: `{ a: [b, c], b: c }`.
    Links(Named<Names>),
}
