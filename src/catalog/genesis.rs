//! What a genesis file holds by its fork, as data: `templates/genesis/forks.yaml`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::hashed::IndexMap;
use crate::manifest::Fork;

/// A file of the first block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GenesisKind {
    /// `genesis.json` of an Ethereum execution client.
    Execution,
    /// The validator set of a BFT engine.
    Consensus,
}

/// Forks of Ethereum and the chain ids that are taken.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GenesisData {
    /// Oldest first; a fork brings what all before it bring.
    pub forks: Vec<ForkData>,
    /// Chain ids of public networks, with their names.
    pub public_chain_ids: IndexMap<String, String>,
    /// Where each fact was verified.
    pub sources: Vec<String>,
}

/// What one fork adds.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ForkData {
    /// The fork.
    pub fork: Fork,
    /// Keys of `config`.
    pub config: IndexMap<String, Value>,
    /// Its entry in `blobSchedule`.
    #[serde(default)]
    pub blobs: Option<Value>,
    /// System contracts: address (40 digits) -> code.
    #[serde(default)]
    pub contracts: BTreeMap<String, String>,
}

impl GenesisData {
    /// The public network that has a chain id.
    pub fn public_chain(&self, id: u64) -> Option<&str> {
        self.public_chain_ids.get(&id.to_string()).map(String::as_str)
    }
}
