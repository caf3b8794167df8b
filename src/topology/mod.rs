//! From the manifest and the catalog to one resolved network.
//!
//! [`resolve`] gives every name an id, fills in every default, places every service, binds every
//! need and decides every port. What cannot be answered is reported; what can is kept, so that
//! later stages may still say what they know.

mod allocate;
mod asked;
mod bind;
mod claims;
mod clusters;
mod endpoints;
mod genesis;
pub mod graph;
mod ids;
mod image;
mod ir;
mod logs;
mod mesh;
mod monitoring;
mod objective;
mod outside;
mod paths;
mod peering;
mod places;
mod policies;
mod ports;
mod prices;
mod reachability;
mod resolve;
mod routing;
mod saving;
mod secrets;
mod services;
mod settings;
mod shards;
mod teams;
mod tuning;
mod volumes;

pub use allocate::{GivenPorts, NODE_PORTS};
pub use claims::NETWORK_POLICIES;
pub use clusters::{Cluster, agreement};
pub use endpoints::{Access, Condition, Endpoint, HOST_GATEWAY, Opening, Sources};
pub use genesis::{ExecutionGenesis, Genesis, GenesisAccount};
pub(crate) use ids::ids;
pub use ids::{ClusterId, HostId, Id, NodeId, RegionId, SecretId, ServiceId, Table};
pub use image::{ImageRef, is_digest};
pub use ir::{
    Backup, Binding, Choice, Clusters, ContainerNetwork, Host, Listener, Logging, Node, PortSource, Publish,
    Region, Secret, SecretSource, SecretUse, Service, Topology, Volume,
};
pub use logs::{LogStore, Logs};
pub use mesh::{Member, Mesh};
pub use monitoring::Monitoring;
pub use objective::{BASE_WINDOW, Measure, Objective, Slo, WINDOWS};
pub use paths::{
    CONTAINER_SECRETS, CREDENTIALS, SECRETS_GROUP_ID, network_name, network_unit_name, unit_name,
};
pub use peering::{Peer, Peering, SENTRY, VALIDATOR};
pub use policies::{Require, Rollout};
pub(crate) use ports::snake;
pub use prices::Prices;
pub use reachability::{Blocked, Door, Obstacle};
pub use resolve::{Context, resolve};
pub use routing::{AlertKinds, AlertLabels, Minutes, Route, Taker, WeekTime, When};
pub use services::DEFAULT_NETWORK;
pub use shards::{METRICS, RemoteStore, Shard};
pub use teams::{Contest, Teams};
pub use tuning::Tuning;
