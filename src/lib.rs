//! netgen
pub mod diag;
pub(crate) mod embedded;
pub mod emit;
pub mod template;
pub mod text;
