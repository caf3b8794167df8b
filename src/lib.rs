//! netgen compiles one declarative manifest of a blockchain network into a deterministic bundle of
//! deploy artifacts.
//!
//! # Shape
//!
//! A component (geth, postgres, prometheus, ...) is data: a catalog file that says which typed
//! *interfaces* it provides and needs. The manifest places services on hosts. The resolver binds
//! every need to a provider; the bindings are the edges of one graph, and every artifact is a view
//! of that graph. No emitter recomputes a fact, and no component id stands in Rust code.
//!
//! # Pipeline
//!
//! `World -> load (value::parse, overlays, variables) -> schema::validate -> manifest ->
//! topology::resolve -> lock -> plan::build -> check::run -> emit -> Bundle -> scan`, all in [`compile`].
//! Each stage reports all problems into a [`diag::Sink`] and goes on as far as it can; only errors
//! stop before `emit`. No stage reads a clock, the environment, the network or a random source.
//! So what a build was made from can be remembered, and nothing is compiled where nothing changed (`cli/memory.rs`).
//!
//! # Layers
//!
//! A module uses only modules with lower numbers; `tests/architecture.rs` proves it.
//!
//! | n | module |
//! |---|---|
//! | 0 | [`text`], [`hashed`], [`stages`], `embedded` |
//! | 1 | [`diag`], [`identity`], [`query`], [`world`], [`template`] |
//! | 2 | [`value`] |
//! | 3 | [`manifest`] |
//! | 4 | [`schema`] |
//! | 5 | [`catalog`], [`import`], [`load`] |
//! | 6 | [`topology`] |
//! | 7 | [`analyze`] |
//! | 8 | [`check`] |
//! | 9 | [`lock`] |
//! | 10 | [`plan`] |
//! | 11 | [`bundle`], [`model`] |
//! | 12 | [`emit`] |
//! | 13 | [`diff`] |
//! | 14 | [`report`] |
//! | 15 | [`compile`], [`registry`] |
//! | 16 | [`cli`] |

// Tests may take what they like; an exception in the program says why.
#![warn(clippy::allow_attributes_without_reason)]

pub mod analyze;
pub mod bundle;
pub mod catalog;
pub mod check;
pub mod cli;
mod compile;
pub mod diag;
pub mod diff;
pub(crate) mod embedded;
pub mod emit;
pub mod hashed;
pub mod identity;
pub mod import;
pub mod load;
pub mod lock;
pub mod manifest;
pub mod model;
pub mod plan;
pub mod query;
pub mod registry;
pub mod report;
pub mod schema;
pub mod stages;
pub mod template;
pub mod text;
pub mod topology;
pub mod value;
pub mod world;

pub use compile::{Compilation, Options, compile, compile_into, compile_to_plan};
pub use load::Input;
