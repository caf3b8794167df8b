//! Chains as data: `templates/chains/<id>.yaml`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a chain decides; quorum arithmetic follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Consensus {
    /// Ethereum's proof of stake: finality needs two thirds of all stake in the world.
    EthereumPos,
    /// Byzantine fault tolerant: more than two thirds of the voting power must be up.
    Bft,
    /// Proof of work.
    Nakamoto,
    /// Leader by a majority of members.
    Majority,
}

/// One chain.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "netgen chain")]
pub struct Chain {
    /// The id by which manifests name it.
    #[serde(rename(deserialize = "chain"))]
    pub id: String,
    /// The name for people.
    pub name: String,
    /// Which clients fit: `ethereum`, `bitcoin`, `solana`, or a word of your own.
    pub family: String,
    /// The chain id on the wire. Without it, the chain has none.
    #[serde(default)]
    pub network_id: Option<u64>,
    /// Seconds between two blocks.
    pub block_time: u64,
    /// Slots of an epoch. Without it, the chain has none.
    #[serde(default)]
    pub slots_per_epoch: Option<u64>,
    /// How it decides: `ethereum-pos`, `bft`, `nakamoto` or `majority`.
    pub consensus: Consensus,
    /// Whether others run validators of it too: then the voting power of one network does not decide
    /// whether the chain lives. Without it, they do where it decides by stake or work in the world.
    #[serde(default)]
    pub shared: Option<bool>,
    /// Whether its coins are worth nothing.
    #[serde(default)]
    pub test: bool,
    /// Where each fact was verified.
    pub sources: Vec<String>,
}

impl Chain {
    /// Whether others run validators of it too.
    pub fn is_shared(&self) -> bool {
        self.shared.unwrap_or(match self.consensus {
            Consensus::EthereumPos | Consensus::Nakamoto => true,
            Consensus::Bft | Consensus::Majority => false,
        })
    }
}
