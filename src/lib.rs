//! netgen
pub mod catalog;
pub mod diag;
pub mod manifest;
pub mod plan;
pub mod text;
pub mod topology;
