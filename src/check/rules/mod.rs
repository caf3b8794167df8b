//! One rule a file; see [`super::registry`] for the table.

pub mod auth_mismatch;
pub mod backup_missing;
pub mod binding_blocked;
pub mod duplicate_address;
pub mod inline_secret;
pub mod memory_overcommit;
pub mod mutable_tag;
pub mod no_receiver;
pub mod no_shared_network;
pub mod overlapping_subnets;
pub mod placeholder;
pub mod port_collision;
pub mod private_exposed;
pub mod quorum_at_risk;
pub mod unreached_receiver;
pub mod unused_definition;
