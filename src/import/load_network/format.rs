//! The format, key by key, with the place of each value.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::text::Spanned;

/// A manifest of the version 1.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// 1.
    pub schema_version: Spanned<u32>,
    /// The network.
    pub network: Network,
    /// Who has what in the first block. Without it, three accounts whose keys everybody knows.
    #[serde(default)]
    pub execution: Option<Execution>,
    /// Images with tags.
    pub images: Images,
    /// Machines.
    pub hosts: Spanned<Vec<Host>>,
    /// Nodes, each a consensus and an execution client.
    pub nodes: Spanned<Vec<Node>>,
    /// How the two speak with each other.
    pub engine: Engine,
    /// Base ports and how they are spread.
    pub ports: Ports,
    /// How nodes catch up.
    pub sync: Sync,
    /// Sizes of messages.
    #[serde(default)]
    pub p2p: P2p,
    /// Who takes the blobs.
    pub archiver: Archiver,
    /// Who may read metrics.
    pub exposure: Exposure,
    /// An explorer.
    #[serde(default)]
    pub blockscout: Option<Spanned<Blockscout>>,
    /// Exceptions.
    #[serde(default)]
    pub validation: Validation,
}

/// The network.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// The name.
    pub name: Spanned<String>,
    /// The chain id.
    pub chain_id: Spanned<u64>,
}

/// The first block.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Execution {
    /// Who has what.
    pub alloc: Spanned<Vec<Alloc>>,
}

/// What one account has.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alloc {
    /// `0x` and 40 digits.
    pub address: Spanned<String>,
    /// In decimal.
    pub balance_wei: Spanned<String>,
}

/// Images with tags.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Images {
    /// Of the consensus client.
    pub ultramarine: Spanned<String>,
    /// Of the execution client.
    pub load_reth: Spanned<String>,
}

/// A machine.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// The name.
    pub id: Spanned<String>,
    /// The address.
    pub public_ip: Spanned<String>,
    /// Who logs in.
    pub ssh_user: Spanned<String>,
}

/// A node.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// The name.
    pub id: Spanned<String>,
    /// Its machine.
    pub host: Spanned<String>,
    /// `validator`, `fullnode` or `rpc`.
    pub role: Spanned<String>,
}

/// How the clients of a node speak with each other.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Engine {
    /// `ipc`.
    pub mode: Spanned<String>,
    /// The path of the socket, with `{node_id}`.
    pub ipc_path_template: Spanned<String>,
}

/// Ports.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ports {
    /// `host-block` or `by-index`.
    pub allocation: Spanned<String>,
    /// How far the blocks of two hosts are apart; 1000 unless said.
    #[serde(default)]
    pub host_block_stride: Option<Spanned<u16>>,
    /// Of the execution client.
    pub el: ElPorts,
    /// Of the consensus client.
    pub cl: ClPorts,
}

/// Base ports of the execution client.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ElPorts {
    /// JSON-RPC.
    pub http: Spanned<u16>,
    /// The Engine API over HTTP; 8551 unless said.
    #[serde(default)]
    pub authrpc: Option<Spanned<u16>>,
    /// devp2p.
    pub p2p: Spanned<u16>,
    /// Metrics.
    pub metrics: Spanned<u16>,
}

/// Base ports of the consensus client.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClPorts {
    /// Consensus.
    pub p2p: Spanned<u16>,
    /// Mempool.
    pub mempool: Spanned<u16>,
    /// Metrics.
    pub metrics: Spanned<u16>,
}

/// How nodes catch up.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sync {
    /// `true`.
    pub enabled: Spanned<bool>,
    /// Requests at a time.
    #[serde(default)]
    pub parallel_requests: Option<Spanned<u64>>,
    /// For an answer: `60s`.
    #[serde(default)]
    pub request_timeout: Option<Spanned<String>>,
    /// Largest request: `50 MiB`.
    #[serde(default)]
    pub max_request_size: Option<Spanned<String>>,
    /// Largest answer.
    #[serde(default)]
    pub max_response_size: Option<Spanned<String>>,
    /// Blocks of one request.
    #[serde(default)]
    pub batch_size: Option<Spanned<u64>>,
    /// What nodes that do not vote have in place of these.
    #[serde(default)]
    pub fullnode: Option<Tuning>,
}

/// How nodes that do not vote catch up.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tuning {
    /// Requests at a time.
    #[serde(default)]
    pub parallel_requests: Option<Spanned<u64>>,
    /// For an answer.
    #[serde(default)]
    pub request_timeout: Option<Spanned<String>>,
    /// Largest request.
    #[serde(default)]
    pub max_request_size: Option<Spanned<String>>,
    /// Largest answer.
    #[serde(default)]
    pub max_response_size: Option<Spanned<String>>,
    /// Blocks of one request.
    #[serde(default)]
    pub batch_size: Option<Spanned<u64>>,
}

impl Sync {
    /// What all nodes have.
    pub fn tuning(&self) -> Tuning {
        Tuning {
            parallel_requests: self.parallel_requests,
            request_timeout: self.request_timeout.clone(),
            max_request_size: self.max_request_size.clone(),
            max_response_size: self.max_response_size.clone(),
            batch_size: self.batch_size,
        }
    }
}

impl Tuning {
    /// What is said here, and else what `others` say.
    pub fn or(self, others: Self) -> Self {
        Self {
            parallel_requests: self.parallel_requests.or(others.parallel_requests),
            request_timeout: self.request_timeout.or(others.request_timeout),
            max_request_size: self.max_request_size.or(others.max_request_size),
            max_response_size: self.max_response_size.or(others.max_response_size),
            batch_size: self.batch_size.or(others.batch_size),
        }
    }
}

/// Sizes of messages.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct P2p {
    /// Of consensus.
    #[serde(default)]
    pub pubsub_max_size: Option<Spanned<String>>,
    /// Of requests.
    #[serde(default)]
    pub rpc_max_size: Option<Spanned<String>>,
}

/// Who takes the blobs.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Archiver {
    /// `true`.
    pub enabled: Spanned<bool>,
    /// Where it is.
    pub provider_url: Spanned<String>,
    /// Its id.
    pub provider_id: Spanned<String>,
}

/// Who may read metrics.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exposure {
    /// The address that metrics of the consensus client listen at.
    pub metrics_bind: Spanned<String>,
}

/// An explorer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Blockscout {
    /// Whether there is one.
    pub enabled: Spanned<bool>,
    /// Its machine.
    pub host: Spanned<String>,
    /// The node that it reads.
    pub rpc_node: Spanned<String>,
    /// Its names.
    pub domains: Domains,
    /// Its certificates.
    #[serde(default)]
    pub ssl: Option<Ssl>,
}

/// The names of an explorer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Domains {
    /// Of its pages.
    pub explorer: Spanned<String>,
    /// Of its statistics.
    pub stats: Spanned<String>,
    /// Of JSON-RPC.
    pub rpc: Spanned<String>,
}

/// The certificates of an explorer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ssl {
    /// Whether it has any.
    pub enabled: Spanned<bool>,
    /// Where the authority writes to.
    pub email: Spanned<String>,
}

/// Exceptions.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Validation {
    /// The loss of one host may stop the chain.
    pub allow_unsafe_failure_domains: Spanned<bool>,
}
