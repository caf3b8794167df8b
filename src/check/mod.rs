//! Rules over the resolved network: legal, but it would not work, or not be wise.
//!
//! One rule a file. Its documentation has the headings What, Why, Bad and Good; the Bad and Good
//! blocks are whole manifests and are its tests, so the page that `netgen explain` prints cannot
//! drift from what the rule does.

pub mod registry;
mod rules;
pub mod waivers;

use crate::diag::{Rule, Sink};
use crate::manifest::Manifest;
use crate::topology::Topology;

/// What a rule may look at.
pub struct Cx<'a> {
    /// The manifest as written.
    pub manifest: &'a Manifest,
    /// The network as resolved.
    pub topology: &'a Topology,
}

/// A rule and the function that looks for it.
pub struct Check {
    /// Its identity and documentation.
    pub rule: &'static Rule,
    /// Reports into the sink.
    pub run: fn(&Cx<'_>, &mut Sink),
}

/// Runs every rule.
pub fn run(cx: &Cx<'_>, sink: &mut Sink) {
    for check in registry::CHECKS {
        (check.run)(cx, sink);
    }
}
