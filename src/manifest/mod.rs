//! The manifest as written.
pub mod quantity;
