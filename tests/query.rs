//! Alerts, recording rules and panels are read as PromQL and judged before anything is deployed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "common/mutants.rs"]
mod mutants;
