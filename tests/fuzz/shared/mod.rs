//! What both ways of fuzzing share: the targets, where mutation begins, and changes that know structure.
//!
//! `tests/fuzz` runs them in every `cargo test`; `tests/cargo-fuzz` runs them under libFuzzer, which
//! watches what the code does and keeps what is new.

mod bundles;
mod compiler;
pub mod mutate;
pub mod random;
pub mod seeds;
pub mod targets;
mod texts;
