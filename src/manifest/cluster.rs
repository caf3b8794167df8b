//! Validators that several nodes run together.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::text::Spanned;

/// Validators whose key is split among several nodes (distributed validators, threshold signers): they
/// sign as long as enough of the nodes are up.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Cluster {
    /// The nodes that hold a share of the key, each once. They need no voting power of their own.
    #[schemars(length(min = 1), extend("examples" = [["a", "b", "c", "d"]]))]
    pub nodes: Vec<Spanned<String>>,
    /// How many shares make a signature. Without it, two thirds of the nodes, rounded up.
    #[serde(default)]
    #[schemars(extend("examples" = [3]))]
    pub threshold: Option<Spanned<u32>>,
    /// Its weight in consensus: voting power, or the number of validators, once for all its nodes.
    #[schemars(range(min = 1))]
    pub voting_power: Spanned<u64>,
}
