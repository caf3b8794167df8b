//! Manifests of other tools: read with every place, and written as a manifest of ours.
//!
//! A format is a type with the place of each value. What netgen has no word for is a finding at the line
//! that says it, so nothing is lost unseen. Which components stand for what is data: the text of the
//! manifest is a template under `templates/import/`.

pub mod load_network;
