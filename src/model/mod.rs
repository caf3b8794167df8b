//! The resolved network as one document, and the origin of every value in it.
//!
//! [`build`] walks the topology once. Beside each value it puts the places where the manifest can say
//! it and what holds where it does not; nothing else in netgen carries origins around. [`explain`]
//! follows those places through the merged tree, whose values remember their files, overlays and
//! variables. So a value that is shown can always be explained.

mod build;
mod document;
mod explain;
mod facts;
mod item;
mod monitoring;
mod pretty;
mod services;
mod sorted;
mod text;
mod values;

pub use build::build;
pub use document::{AlertFacts, Document, HostFacts, NeedFacts, Origin, ServiceFacts, Survives, VERSION};
pub use explain::{Answer, NotFound, Place, Step, StepKind, explain};
pub use item::{Item, Leaf, Otherwise};
pub use text::text;
pub use values::masked;

#[cfg(test)]
mod tests;
