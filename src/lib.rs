//! netgen
pub mod diag;
pub mod text;
