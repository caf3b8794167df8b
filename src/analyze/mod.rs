//! What a network survives, proved from the graph before anyone deploys it.
//!
//! Everything here is a pure function of the resolved network:
//!
//! - [`domain`]: what fails as a whole (a host, a region, a provider, a client, a signer, ...);
//! - [`parts`] and [`cascade`]: what stops with it, over the hard needs between services;
//! - [`quorum`]: how much voting power may stop, in whole numbers, for each consensus family;
//! - [`prove`]: whether a number of failures is survived;
//! - [`survive`]: the loss of every domain and every pair, and the smallest sets that are too much.

pub mod cascade;
pub mod clients;
pub mod domain;
mod loss;
mod pairs;
pub mod parts;
pub mod prove;
pub mod quorum;
pub mod reach;
pub mod smallest;
pub mod survive;

#[cfg(test)]
mod tests;
