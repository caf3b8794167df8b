//! What a network survives, proved from the graph before anyone deploys it.
//!
//! Everything here is a pure function of the resolved network:
//!
//! - [`domain`]: what fails as a whole (a host, a region, a provider, a client, a signer, ...);
//! - [`parts`] and [`cascade`]: what stops with it, over the hard needs between services;
//! - [`quorum`]: how much voting power may stop, in whole numbers, for each consensus family;
//! - [`prove`]: whether a number of failures is survived;
//! - [`survive`]: the loss of every domain and every pair, and the smallest sets that are too much;
//! - [`clusters`]: validators that several nodes run together, and what stops them;
//! - [`clients`]: which implementations the voting power runs on;
//! - [`reach`] and [`spof`]: single points of failure, with their cure;
//! - [`reachability`]: who reaches which port, and that every connection is made;
//! - [`outage`]: what stops while one thing is down, for who wants to restart it;
//! - [`alerts`]: who hears of which failure; [`tuning`]: about whom it is decided otherwise;
//! - [`voters`]: how far the voting power that is up lies above what the chain needs;
//! - [`capacity`]: memory, CPU, and the day on which a disk is full.
//!
//! Time and memory grow with the number of services, bindings and what stops with them; nothing here
//! tries every pair of anything. [`analyze`] puts all into one document.

pub mod alerts;
pub mod capacity;
pub mod cascade;
pub mod clients;
pub mod clusters;
pub mod domain;
mod loss;
pub mod outage;
mod page;
mod pairs;
pub mod parts;
pub mod prove;
pub mod quorum;
pub mod reach;
pub mod reachability;
mod report;
pub mod series;
pub mod smallest;
pub mod spof;
pub mod survive;
pub mod tuning;
pub mod voters;

pub use page::{markdown, text};
pub use report::{Analysis, Topic, analyze};

#[cfg(test)]
mod tests;
