//! netgen
pub mod catalog;
pub mod diag;
pub mod manifest;
pub mod text;
